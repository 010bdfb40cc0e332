// --env-file and `envFile`: variables for the workers and the agent, with Node's syntax and precedence, read at the
// start and by each reload. A file that is missing then refuses the reload.

import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Supervisor } from 'rondo';
import { type Test, test } from 'tap';
import { ask, type Run, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('says-environment.cjs');
const FAST = ['-w', '1', '--min-uptime', '0', '--idle-grace', '0'];

async function environment(port: number): Promise<Record<string, string>> {
  return (JSON.parse(await ask(port)) as { env: Record<string, string> }).env;
}

function writer(t: Test): (name: string, text: string) => string {
  const directory = temporaryDirectory(t);
  return (name, text) => {
    const file = path.join(directory, name);
    writeFileSync(file, text);
    return file;
  };
}

async function reload(run: Run): Promise<void> {
  const count = (): number => run.stderr().match(/reload: done$/gm)?.length ?? 0;
  const before = count();
  run.child.kill('SIGHUP');
  await until('it has reloaded', () => count() > before);
}

test('by flags', async (t) => {
  const write = writer(t);
  const first = write('.env', 'ONE=1\nTWO="a # b" # a comment\nTHREE=of the file\nGOES=soon\n');
  const second = write('.env.local', "export ONE=2\nMORE='x\ny'\n");
  const missing = path.join(path.dirname(first), 'missing');
  const files = ['--env-file', first, `--env-file=${second}`, '--env-file-if-exists', missing];
  const args = ['start', APP, ...FAST, ...files, '--agent', APP];
  const run = runCli(t, args, { THREE: 'of the shell' });
  const port = await run.listening(1);
  const before = await environment(port);
  const expected = { ONE: '2', TWO: 'a # b', THREE: 'of the shell', MORE: 'x\ny', GOES: 'soon' };
  t.match(before, expected);
  const [, agent = ''] = /^agent (.*)$/m.exec(run.stdout()) ?? [];
  t.match((JSON.parse(agent) as { env: object }).env, expected, 'the agent has them, too');

  write('.env', 'TWO=new\nTHREE=of the file\n');
  write('missing', 'LATE=1\n');
  t.match(await environment(port), expected, 'not before the reload');
  await reload(run);
  const after = await environment(port);
  t.match(after, { ONE: '2', TWO: 'new', THREE: 'of the shell', LATE: '1' });
  t.notOk('GOES' in after, 'what is no longer there is gone');

  rmSync(first);
  run.child.kill('SIGHUP');
  await run.says(/'--env-file' must be a readable file: '.*\.env' cannot be read: ENOENT/);
  t.match(await environment(port), { TWO: 'new' }, 'the old workers serve on');
  t.notMatch(run.stderr(), /reload: failed/, 'it has not begun');
  write('.env', 'TWO=newer\n');
  await reload(run);
  t.match(await environment(port), { TWO: 'newer' });
});

test('by the configuration', async (t) => {
  const write = writer(t);
  const file = write('.env', 'ONE=1\nTWO=1\n');
  const other = path.join(path.dirname(file), 'other');
  const envFile = [file, { file: other, ifExists: true }];
  const config = write('rondo.json', JSON.stringify({ envFile, env: { TWO: 'explicit' } }));
  const run = runCli(t, ['start', APP, ...FAST, '--config', config]);
  const port = await run.listening(1);
  t.match(await environment(port), { ONE: '1', TWO: 'explicit' });
  write('rondo.json', '{}');
  await reload(run);
  const after = await environment(port);
  t.notOk('ONE' in after || 'TWO' in after, 'without files there are none');
});

test('a reload that fails gives the old ones back', async (t) => {
  const write = writer(t);
  const app = write(
    'app.cjs',
    `if (process.env.BAD === process.env.RONDO_SEAT) process.exit(4);
    ${"require('node:http')"}.createServer((_q, r) => r.end(process.env.WHICH)).listen(0, '127.0.0.1');`,
  );
  const file = write('.env', 'WHICH=old\n');
  const config = write('rondo.json', JSON.stringify({ envFile: file, minUptimeMs: 0 }));
  const run = runCli(t, ['start', app, '-w', '2', '--config', config]);
  const port = await run.listening(2);
  write('.env', 'WHICH=new\nBAD=1\n');
  run.child.kill('SIGHUP');
  await run.says(/reload: failed.*back to the old program: worker 0/);
  for (let i = 0; i < 4; i++) t.equal(await ask(port), 'old');
});

test('what is wrong', async (t) => {
  const write = writer(t);
  const nul = write('null', 'A=x\0y\n');
  const cwd = path.dirname(nul);
  const wrong: Array<[envFile: unknown, said: RegExp]> = [
    ['missing', /'envFile' must be a readable file: 'missing' cannot be read: ENOENT/],
    [cwd, /'envFile' .* cannot be read: EISDIR/],
    [[{ file: cwd, ifExists: true }], /'envFile' .* cannot be read: EISDIR/],
    [nul, /'envFile' .*null' has a null character in "A"/],
    [3, /'envFile' must be a file name, or a list of them. Received 3/],
    ['', /'envFile' must be a file name, or a list of them. Received ''/],
    [[{ file: 'x', optional: true }], /There is no option 'optional' of envFile/],
    [[{ file: 'x', ifExists: 1 }], /'ifExists' must be a boolean. Received 1/],
  ];
  for (const [envFile, message] of wrong) {
    const make = (): unknown => new Supervisor({ exec: APP, envFile: envFile as string });
    t.throws(make, { message }, JSON.stringify(envFile));
  }
  const config = write('rondo.json', '{"envFile": "missing"}');
  const run = runCli(t, ['start', APP, '--config', config], {}, { cwd });
  t.equal(await run.end, 2);
  t.match(run.stderr(), /^rondo: the configuration '.*': .*'envFile' .* 'missing' cannot be read/);
  t.notMatch(run.stderr(), /worker/);
});
