// --help and --version do what people expect, and wrong usage is one line that names what is wrong,
// with exit code 2.

import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { parseArguments } from '../../src/cli/arguments.js';
import { runCli } from '../fixtures/cluster-cli.js';
import { APP } from '../fixtures/supervisor.js';

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

for (const args of [['--help'], ['-h'], ['start', '--help'], ['--help', 'status']]) {
  test(args.join(' '), async (t) => {
    const run = runCli(t, args);
    t.equal(await run.end, 0);
    for (const word of ['rondo start', '--workers', '--policy', '--window', '--version']) {
      t.match(run.stdout(), word);
    }
    t.equal(run.stderr(), '');
  });
}

for (const flag of ['--version', '-v']) {
  test(flag, async (t) => {
    const run = runCli(t, [flag]);
    t.equal(await run.end, 0);
    t.equal(run.stdout(), `${version}\n`);
  });
}

const wrong: Array<[args: string[], named: RegExp, env?: NodeJS.ProcessEnv]> = [
  [[], /command is missing/],
  [['halt'], /'halt'/],
  [['--name', 'shop', 'status'], /options of 'status' come after it: rondo status/],
  [['start', APP, '--fail-together'], /'--fail-together' is for a configuration with several/],
  [['start', APP, '--control', ''], /'--control' must be/],
  [['start', APP, '--name', '../x'], /'--name' must be a name .* Received '..\/x'/],
  [['start'], /file to run is missing/],
  [['start', '--', 'app.js'], /file to run is missing/],
  [['start', 'app.js', '--wnidow', '3'], /'--wnidow'/],
  [['start', 'app.js', '-x'], /'-x'/],
  [['start', 'app.js', 'more'], /'more'/],
  [['start', 'app.js', '-w'], /'-w, --workers <value>'/],
  [
    ['start', 'app.js', '-w', '0'],
    /'--workers' must be 'max', 'half' or an integer from 1 to 512. Received 0/,
  ],
  [['start', 'app.js', '-w', 'most'], /'--workers' .* Received 'most'/],
  [['start', 'app.js', '--max-memory', '120%'], /'--max-memory' .*'100%'. Received '120%'/],
  [['start', 'app.js', '--stop-delay', '1s'], /'--stop-delay' .* Received '1s'/],
  [['start', 'app.js', '-w', '2.5'], /Received '2.5'/],
  [['start', 'app.js', '-w', '513'], /Received 513/],
  [['start', 'app.js', '--window', '0'], /'--window'/],
  [['start', 'app.js', '--window', 'x'], /'--window' .* Received 'x'/],
  [['start', 'app.js', '--policy', 'fair'], /'--policy' .*'round-robin'.* Received 'fair'/],
  [['start', 'app.js'], /'RONDO_WINDOW' .* Received '-1'/, { RONDO_WINDOW: '-1' }],
  [['start', 'app.js'], /'RONDO_POLICY' .* Received 'none'/, { RONDO_POLICY: 'none' }],
  [['start', 'app.js', '--min-uptime', 'x'], /'--min-uptime' must be an integer .* Received 'x'/],
  [['start', 'app.js', '--handler-timeout', '1s'], /'--handler-timeout' .* Received '1s'/],
  [['start', 'app.js', '--ready-when', 'up'], /'--ready-when' .*'started'.* Received 'up'/],
  [['start', 'no-such-file.js'], /no-such-file\.js/],
];

for (const [args, named, env] of wrong) {
  test(`${JSON.stringify(env ?? {})} ${args.join(' ')}`, async (t) => {
    const run = runCli(t, args, env);
    t.equal(await run.end, 2);
    t.match(run.stderr(), named);
    t.match(run.stderr(), /^rondo: /);
    t.equal(run.stderr().split('\n').length, 3, 'one line, and where to read more');
    t.equal(run.stdout(), '');
  });
}

test('flags become options', (t) => {
  const flags = ['--min-uptime', '5', '--handler-timeout', '6', '--ready-when', 'started'];
  const settings = { minUptimeMs: 5, handlerTimeoutMs: 6, readyWhen: 'started' };
  t.match(parseArguments(['start', 'app.js', ...flags]), { settings });
  t.end();
});

const commands = 'status reload scale drain restart pause resume set stop upgrade logs'.split(' ');

for (const command of commands) {
  test(`${command} --help`, async (t) => {
    const run = runCli(t, [command, '--help']);
    t.equal(await run.end, 0);
    for (const word of [`Usage: rondo ${command}`, '--name', '--control', '--json', 'Exit codes']) {
      t.match(run.stdout(), word);
    }
    t.equal(run.stderr(), '');
  });
}
