// A configuration with `programs` runs each with workers of its own: one log, one stop, one reload, which starts those
// that are new and ends those that are gone. One that fails leaves the others alone, and is seen by the exit code.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { parseArguments, type StartArguments } from '../../dist/cli/arguments.js';
import { readConfig } from '../../dist/cli/config-file.js';
import { checkPrograms } from '../../dist/cli/programs/check.js';
import { SettingsSource } from '../../dist/cli/settings.js';
import { ask, begin, noneIsLeft, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { APP, runPrograms } from '../fixtures/programs.js';

async function version(port: number): Promise<string> {
  return (JSON.parse(await ask(port)) as { version: string }).version;
}

const TWO = { web: { env: { APP_VERSION: 'web' } }, api: { env: { APP_VERSION: 'api' } } };

test('a life', async (t) => {
  const directory = temporaryDirectory(t);
  const pidFile = path.join(directory, 'pid');
  const { run, change, port } = runPrograms(t, { ...TWO, web: { ...TWO.web, workers: 2 } }, [
    ...['--pidfile', pidFile],
    ...['--', 'word'],
  ]);
  const [web, api] = [await port('web', 2), await port('api')];
  t.strictSame([await version(web), await version(api)], ['web', 'api']);
  t.strictSame(JSON.parse(await ask(web)).args, ['word']);
  t.equal(readFileSync(pidFile, 'utf8'), `${run.child.pid}\n`);
  await run.says(/^rondo: web: ready$/m);
  await run.says(/^rondo: api: ready$/m);

  change({ api: { env: { APP_VERSION: 'new' } }, more: { env: { APP_VERSION: 'more' } } });
  await run.says(/^rondo: a reload will start more$/m);
  await run.says(/^rondo: a reload will stop web$/m);
  run.child.kill('SIGHUP');
  await run.says(/^rondo: api: reload: done$/m);
  await run.says(/^rondo: web: ended with code 0$/m);
  t.strictSame([await version(api), await version(await port('more'))], ['new', 'more']);
  await t.rejects(ask(web), 'it is gone');

  change('{"programs": ');
  run.child.kill('SIGHUP');
  await run.says(/^rondo: the configuration '.*rondo\.json': .*JSON/m);
  t.equal(await version(api), 'new', 'a broken file changes nothing');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  for (const name of ['api', 'more']) {
    t.match(run.stderr(), new RegExp(`^rondo: ${name}: worker 0 .* ended with code 0`, 'm'));
    t.match(run.stderr(), new RegExp(`^rondo: ${name}: ended with code 0$`, 'm'));
  }
  t.notOk(existsSync(pidFile));
  await noneIsLeft(run);
});

test('as JSON, in a file', async (t) => {
  const log = path.join(temporaryDirectory(t), 'log');
  const { run } = runPrograms(t, TWO, ['--json', '--log', log]);
  type Line = { program: string; event: string };
  const lines = (): Line[] =>
    (existsSync(log) ? readFileSync(log, 'utf8') : '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  const eventsOf = (name: string): string[] =>
    lines()
      .filter(({ program }) => program === name)
      .map(({ event }) => event);
  const areReady = (): boolean =>
    lines().filter(({ event }) => event === 'program:ready').length === 2;
  await until('both are ready', areReady);
  run.child.kill('SIGINT');
  t.equal(await run.end, 0);
  for (const name of ['web', 'api']) {
    t.strictSame(eventsOf(name), [
      ...['program:starting', 'begin', 'worker:starting', 'worker:ready', 'program:ready'],
      ...['stopping', 'worker:draining', 'worker:exited', 'stopped', 'program:ended'],
    ]);
  }
  t.equal(run.stderr(), '');
});

const FAILING = { env: { APP_FAILS: 'with-words' }, maxRestarts: 0 };

test('one that fails for good', async (t) => {
  const { run, port, change } = runPrograms(t, { web: {}, api: FAILING });
  const web = await port('web');
  await run.says(/^rondo: api: has failed for good, with code 3$/m);
  t.match(run.stderr(), /^the database is not there$/m);
  t.equal(await version(web), '1', 'the other goes on');
  change({ web: {}, api: {} });
  run.child.kill('SIGHUP');
  t.equal(await version(await port('api')), '1', 'a reload tries it again');
  change({ web: {}, api: FAILING });
  run.child.kill('SIGHUP');
  await run.says(/^rondo: api: reload: failed/m);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0, 'in the end none had failed');

  const other = runPrograms(t, { web: {}, api: FAILING });
  await other.port('web');
  await other.run.says(/^rondo: api: has failed for good/m);
  other.run.child.kill('SIGTERM');
  t.equal(await other.run.end, 3);
});

for (const [name, args, more] of [
  ['--fail-together', ['--fail-together'], {}],
  ['failTogether', [], { failTogether: true }],
] as Array<[string, string[], object]>) {
  test(name, async (t) => {
    const { run } = runPrograms(t, { web: {}, api: FAILING }, args, {}, { more });
    t.equal(await run.end, 3);
    t.match(run.stderr(), /^rondo: web: ended with code 0$/m);
    await noneIsLeft(run);
  });
}

test('a process that is killed is followed by another', async (t) => {
  const { run, port, pid } = runPrograms(t, { web: {}, api: {} });
  await port('web');
  await port('api');
  const first = pid('web');
  process.kill(first, 'SIGKILL');
  await run.says(/^rondo: web: was ended by SIGKILL, and starts again in \d+ ms$/m);
  t.equal(await version(await port('web', 2)), '1');
  t.not(pid('web'), first);
  process.kill(pid('api'), 'SIGTERM');
  await run.says(/^rondo: api: ended with code 0$/m);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('a second signal ends all at once', async (t) => {
  const { run, port } = runPrograms(t, { web: { drainTimeoutMs: 20_000 }, api: {} });
  const response = await begin(await port('web'), '/begin');
  response.on('error', () => {});
  await port('api');
  await run.says(/^rondo: web: ready$/m);
  run.child.kill('SIGTERM');
  await run.says(/^rondo: web: worker 0 .* drains/m);
  await run.says(/^rondo: api: ended with code 0$/m);
  // What comes within a second is the same signal.
  const again = setInterval(() => run.child.kill('SIGTERM'), 100);
  t.equal(await run.end, 143);
  clearInterval(again);
  t.match(run.stderr(), /^rondo: web: worker 0 .* ended by SIGKILL/m);
  await noneIsLeft(run);
});

test('none outlives the process of all', async (t) => {
  const { run, port, pid } = runPrograms(t, { web: {}, api: {} });
  await port('web');
  await port('api');
  const pids = [pid('web'), pid('api')];
  run.child.kill('SIGKILL');
  await until('they are gone', () => !pids.some(isAlive));
  await noneIsLeft(run);
});

test('one of them alone', async (t) => {
  const { run } = runPrograms(t, TWO, ['--program', 'web', '-w', '2']);
  await run.says(/^rondo: web: worker 1 .* ready/m);
  t.notMatch(run.stderr(), /api/);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

const WRONG: Array<[config: object, args: string[], said: RegExp]> = [
  [{ programs: {} }, [], /rondo\.json': 'programs' has none/],
  [{ programs: [] }, [], /'programs' must be an object/],
  [{ programs: { web: {} } }, [], /'programs\.web\.exec' is missing/],
  [{ programs: { 'a b': { exec: APP } } }, [], /'programs' has 'a b': a name has letters/],
  [{ programs: { web: { exec: APP } }, workers: 2 }, [], /'workers' is for one program/],
  [{ programs: { web: { exec: APP } }, failTogether: 1 }, [], /'failTogether' must be a boolean/],
  [
    { programs: { web: { exec: APP, workers: 0 } } },
    [],
    /'programs\.web': The option 'workers' must/,
  ],
  [
    { programs: { web: { exec: 'no.js' } } },
    [],
    /'programs\.web': The option 'exec' must be an exist/,
  ],
  [
    { programs: { web: { exec: APP, sockets: [] } } },
    [],
    /'programs\.web\.sockets' is the service/,
  ],
  [{ programs: { web: { exec: APP } } }, [APP], /it has its programs, so '.*' is one too many/],
  [
    { programs: { web: { exec: APP } } },
    ['--program', 'x'],
    /no program 'x'; its programs are web/,
  ],
  [{ exec: APP }, ['--program', 'x'], /it has one program, and none of the name 'x'/],
];

test('what is wrong', async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.json');
  for (const [config, args, said] of WRONG) {
    writeFileSync(file, JSON.stringify(config));
    const given = parseArguments(['start', ...args, '--config', file]) as StartArguments;
    const take = (): unknown =>
      args.length > 0 ? new SettingsSource(given, {}) : checkPrograms(given, readConfig(file), {});
    t.throws(take, { message: said }, JSON.stringify([config, ...args]));
  }
  writeFileSync(file, '{"programs": {"web": {"exec": "no.js"}}}');
  const run = runCli(t, ['start', '--config', file]);
  t.equal(await run.end, 2);
  t.match(run.stderr(), /^rondo: .*'programs\.web': The option 'exec' must be an existing program/);
  t.notMatch(run.stderr(), /starts/);
});
