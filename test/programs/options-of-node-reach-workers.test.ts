// --import, --require and --node-arg, and their keys in the configuration, are the workers' and the agent's. Wrong
// ones are an error before anything is started, and refuse a reload.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Supervisor } from 'rondo';
import { test } from 'tap';
import { ask, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('says-environment.cjs');

interface Said {
  execArgv: string[];
  loaded: string[];
}

test('flags and keys', async (t) => {
  const cwd = temporaryDirectory(t);
  const add = (name: string): string =>
    `globalThis.loaded = [...(globalThis.loaded ?? []), '${name}'];`;
  for (const name of ['one.mjs', 'two.mjs', 'three.cjs']) {
    writeFileSync(path.join(cwd, name), add(name));
  }
  const flags = ['--import', './one.mjs', '--import=./two.mjs', '-r', './three.cjs'];
  const node = ['--node-arg', '--max-old-space-size=111', '--node-arg=--no-warnings'];
  const args = ['start', APP, '-w', '1', ...flags, ...node, '--agent', APP];
  const run = runCli(t, args, {}, { cwd });
  const expected = {
    loaded: ['three.cjs', 'one.mjs', 'two.mjs'],
    execArgv: [
      ...['--require', './three.cjs', '--import', './one.mjs', '--import', './two.mjs'],
      ...['--max-old-space-size=111', '--no-warnings'],
    ],
  };
  const port = await run.listening(1);
  t.match(JSON.parse(await ask(port)) as Said, expected);
  const [, agent = ''] = /^agent (.*)$/m.exec(run.stdout()) ?? [];
  t.match(JSON.parse(agent) as Said, expected);

  const config = path.join(cwd, 'rondo.json');
  const keys = { import: './one.mjs', require: ['./three.cjs'], nodeArgs: ['--no-warnings'] };
  writeFileSync(config, JSON.stringify({ ...keys, minUptimeMs: 0 }));
  const other = runCli(t, ['start', APP, '-w', '1', '--config', config], {}, { cwd });
  const itsPort = await other.listening(1);
  t.match(JSON.parse(await ask(itsPort)) as Said, { loaded: ['three.cjs', 'one.mjs'] });
  writeFileSync(config, JSON.stringify({ ...keys, nodeArgs: ['--no-such-option'] }));
  other.child.kill('SIGHUP');
  await other.says(/'nodeArgs' must be options of Node .*: bad option: --no-such-option/);
  t.notMatch(other.stderr(), /reload: (begins|failed)/);
  t.match(JSON.parse(await ask(itsPort)) as Said, { loaded: ['three.cjs', 'one.mjs'] });
});

test('what is wrong', async (t) => {
  const wrong: Array<[options: object, said: RegExp]> = [
    [{ nodeArgs: ['--foo'] }, /'nodeArgs' must be options of Node .*: bad option: --foo/],
    [{ nodeArgs: '--foo' }, /'nodeArgs' must be an array of strings. Received '--foo'/],
    [{ import: 'no-such-package' }, /'import' .*: 'no-such-package' is not, as seen from /],
    [{ import: ['./no-such-file.mjs'] }, /'import' .*: '.\/no-such-file.mjs' is not/],
    [{ require: './no-such-file' }, /'require' must be modules that are there: '.\/no-such/],
    [{ import: [''] }, /'import' must be a non-empty string. Received ''/],
    [{ env: { NODE_OPTIONS: '--bad-one' } }, /--bad-one is not allowed in NODE_OPTIONS/],
  ];
  for (const [options, message] of wrong) {
    t.throws(() => new Supervisor({ exec: APP, ...options }), { message }, JSON.stringify(options));
  }
  for (const [args, said] of [
    [['--node-arg', '--watch'], /'--node-arg' must be options of Node .*--watch/],
    [['--node-arg', '--foo'], /'--node-arg' must be options of Node .*: bad option: --foo/],
    [['--import', 'no-such-package'], /'--import' .*: 'no-such-package' is not, as seen from /],
    [['--node-arg'], /'--node-arg <value>' argument missing/],
  ] as Array<[string[], RegExp]>) {
    const run = runCli(t, ['start', APP, '-w', '1', ...args]);
    t.equal(await run.end, 2);
    t.match(run.stderr(), said);
    t.notMatch(run.stderr(), /worker 0/, 'nothing was started');
  }
});

test('what a package exports', async (t) => {
  const cwd = temporaryDirectory(t);
  mkdirSync(path.join(cwd, 'node_modules/one'), { recursive: true });
  const exports = { '.': './index.mjs', './sub': './index.mjs' };
  const files = { 'package.json': JSON.stringify({ exports }), 'index.mjs': '' };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(cwd, 'node_modules/one', name), text);
  }
  const fine = ['--import', 'one', '--import', 'one/sub', '--import', 'node:fs'];
  const run = runCli(t, ['start', APP, '-w', '1', ...fine], {}, { cwd });
  await run.listening(1);
  const other = runCli(t, ['start', APP, '--import', 'one/other'], {}, { cwd });
  t.equal(await other.end, 2);
  t.match(other.stderr(), /'--import' .*: 'one\/other' is not/);
});
