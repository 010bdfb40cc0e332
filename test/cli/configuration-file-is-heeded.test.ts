// Flags go before the file of --config, and that before RONDO_*. How many workers there are and how
// connections are dealt follows the file at once, anything else at the next reload; what is wrong with it
// is said, and changes nothing.

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type Test, test } from 'tap';
import {
  ask,
  askForPids,
  type Run,
  runCli,
  temporaryDirectory,
  withProbe,
} from '../fixtures/cluster-cli.js';
import { settles, until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('supervisor-app.mjs');

interface Configured {
  run: Run;
  change(config: object | string): void;
}

function runWith(
  t: Test,
  config: object | string,
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
): Configured {
  const file = path.join(temporaryDirectory(t), 'config.json');
  const change = (next: object | string): void =>
    writeFileSync(file, typeof next === 'string' ? next : JSON.stringify(next));
  change(config);
  const run = runCli(t, ['start', APP, '--config', file, ...args], { ...withProbe, ...env });
  return { run, change };
}

async function version(port: number): Promise<string> {
  return JSON.parse(await ask(port)).version;
}

/** Of the reloads so far; resolves when there is one more. */
async function reload(run: Run): Promise<void> {
  const count = (): number => run.stderr().match(/^rondo: reload: (done|failed)/gm)?.length ?? 0;
  const before = count();
  run.child.kill('SIGHUP');
  await until('it has reloaded', () => count() > before);
}

test('the order', async (t) => {
  const config = {
    window: 5,
    policy: 'least-connections',
    args: ['of', 'the', 'file'],
    workers: 1,
  };
  const env = { RONDO_WINDOW: '9', RONDO_POLICY: 'round-robin', RONDO_TAKE_BACK_MS: '111' };
  const plain = runWith(t, config, [], env);
  const port = await plain.run.listening(1);
  t.match(await plain.run.stats(), { window: 5, policy: 'least-connections' });
  t.strictSame(JSON.parse(await ask(port)).args, config.args);

  const flags = runWith(t, config, ['--window', '3', '--', 'word'], env);
  const other = await flags.run.listening(1);
  t.match(await flags.run.stats(), { window: 3, policy: 'least-connections' });
  t.strictSame(JSON.parse(await ask(other)).args, ['word']);
});

test('at once', async (t) => {
  const { run, change } = runWith(t, { workers: 1 });
  const port = await run.listening(1);
  t.match(await run.stats(), { window: 'auto', policy: 'round-robin' });
  change({ workers: 3, window: 4, policy: 'least-connections' });
  await run.listening(3);
  await settles(t, () => run.stats(), { window: 4, policy: 'least-connections' });
  change({ workers: 2 });
  await run.says(/worker 2 \(pid \d+\) ended .* \(scale\)/);
  t.equal((await askForPids(port)).size, 2);
  await settles(t, () => run.stats(), { window: 'auto', policy: 'round-robin' });
  t.notMatch(run.stderr(), /reload/);
});

test('the number of workers is left out again', async (t) => {
  const cores = availableParallelism();
  const { run, change } = runWith(t, { workers: cores + 1 });
  await run.listening(cores + 1);
  change({});
  await run.says(new RegExp(`worker ${cores} \\(pid \\d+\\) ended .* \\(scale\\)`));
  t.equal(run.stderr().match(/ ended /g)?.length, 1, 'one for each core stays');
});

test('at the next reload', async (t) => {
  const { run, change } = runWith(t, { workers: 1, env: { APP_VERSION: 'one' } });
  const port = await run.listening(1);
  t.equal(await version(port), 'one');
  change({ workers: 1, env: { APP_VERSION: 'two' }, drainTimeoutMs: 500 });
  await run.says(/^rondo: a reload will take over env, drainTimeoutMs$/m);
  t.equal(await version(port), 'one');
  await reload(run);
  t.equal(await version(port), 'two');
  change({ workers: 1 });
  await reload(run);
  t.equal(await version(port), '1', 'what is no longer there is as it would be without');
});

test('a reload that is asked for during another one reads the file when its turn comes', async (t) => {
  const at = (name: string) => ({ APP_VERSION: name });
  const { run, change } = runWith(t, { workers: 1, env: at('one'), readyWhen: 'listening' });
  const port = await run.listening(1);
  change({
    workers: 1,
    env: { ...at('two'), APP_FAILS: 'by-never-listening' },
    startTimeoutMs: 500,
  });
  run.child.kill('SIGHUP');
  await run.says(/^rondo: reload: begins$/m);
  change({ workers: 1, env: at('one') });
  await reload(run);
  await run.says(/^rondo: reload: failed/m);
  await run.says(/^rondo: reload: failed[\s\S]*^rondo: reload: done$/m);
  t.equal(await version(port), 'one', 'nothing of what it has read before is left');
});

test('what takes effect at once stays though the reload fails', async (t) => {
  const { run, change } = runWith(t, { workers: 1 });
  await run.listening(1);
  change({ workers: 1, window: 5, execArgv: ['--require', './no-such-module.cjs'] });
  await reload(run);
  t.match(run.stderr(), /^rondo: reload: failed/m);
  t.equal((await run.stats()).window, 5);
  change({ workers: 1, window: 5 });
  await reload(run);
  t.equal((await run.stats()).window, 5);
});

test('after a reload that failed', async (t) => {
  const { run, change } = runWith(t, { workers: 1, env: { APP_VERSION: 'one' } });
  const port = await run.listening(1);
  const env = { APP_VERSION: 'two' };
  change({ workers: 1, env, execArgv: ['--require', './no-such-module.cjs'] });
  await reload(run);
  t.match(run.stderr(), /^rondo: reload: failed, the old workers stay: worker 0/m);
  t.equal(await version(port), 'one');
  change({ workers: 1, env });
  await reload(run);
  t.equal(await version(port), 'two', 'it is not forgotten');
});

test('a broken one', async (t) => {
  const { run, change } = runWith(t, { workers: 1, env: { APP_VERSION: 'one' } });
  const port = await run.listening(1);
  const notes = (): number =>
    run.stderr().match(/^rondo: the configuration '.*JSON/gm)?.length ?? 0;
  change('{"env": {"APP_VERSION": "two"');
  await until('it is said', () => notes() === 1);
  run.child.kill('SIGHUP');
  await until('it is said again', () => notes() === 2);
  change({ wrkers: 3 });
  await run.says(/^rondo: .*'wrkers'/m);
  change({ workers: 0 });
  await run.says(
    /^rondo: .*'workers' must be 'max', 'half' or an integer from 1 to 512. Received 0/m,
  );
  t.equal(await version(port), 'one');
  t.notMatch(run.stderr(), /reload|scale|drains/);
  change({ workers: 2 });
  await run.listening(2);
});

test('what only a new start can change', async (t) => {
  const { run, change } = runWith(t, { workers: 1, env: { APP_VERSION: 'one' } });
  const port = await run.listening(1);
  const env = { APP_VERSION: 'two' };
  change({ workers: 1, env, transport: 'ipc', agent: fixture('cli-agent.mjs') });
  run.child.kill('SIGHUP');
  await run.says(/^rondo: only a new start takes over agent, transport; the rest is reloaded$/m);
  await run.says(/^rondo: reload: done$/m);
  t.equal(await version(port), 'two');
});

const wrong: Array<[config: unknown, named: RegExp]> = [
  [{ wrkers: 3 }, /'wrkers'/],
  [{ workers: 0 }, /'workers' must be 'max', 'half' or an integer from 1 to 512. Received 0/],
  [{ guard: 'yes' }, /'guard'/],
  [{ exec: 'other.js' }, /'exec'/],
  [{ sockets: [] }, /'sockets'/],
  [[], /must be an object/],
  ['{', /JSON/],
];

for (const [config, named] of wrong) {
  test(JSON.stringify(config), async (t) => {
    const { run } = runWith(t, config as object | string);
    t.equal(await run.end, 2);
    t.match(run.stderr(), named);
  });
}

test('none there', async (t) => {
  const run = runCli(t, ['start', APP, '--config', 'no-such-file.json']);
  t.equal(await run.end, 2);
  t.match(run.stderr(), /^rondo: the configuration 'no-such-file\.json': ENOENT/);
});
