// As PID 1, which gets no signal that it does not handle and is left all orphans: signals work, no zombie
// stays, what its own workers end with is seen, and the exit code is as anywhere else.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Test, test } from 'tap';
import { ask, type Run, runCli } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const [command, ...rest] = UNSHARE as [string, ...string[]];
const isPermitted = spawnSync(command, [...rest, 'true']).status === 0;
const options = isPermitted ? {} : { skip: 'needs the right to make a PID namespace' };
const withAddon = isPermitted ? nativeOnly : options;

interface Process {
  pid: number;
  state: string;
  parent: number;
}

interface Contained extends Run {
  /** Sends a signal to the process that is 1 inside. */
  signal(signal: NodeJS.Signals): void;
}

function runContained(t: Test, args: string[], env: NodeJS.ProcessEnv = {}): Contained {
  const run = runCli(t, args, env, { through: UNSHARE, hasOtherPids: true });
  const pid = (): number => {
    const outer = run.child.pid;
    return Number(readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim());
  };
  let first = 0;
  t.teardown(() => until('it is gone', () => first === 0 || !isAlive(first)));
  return {
    ...run,
    signal(signal) {
      first = pid();
      process.kill(first, signal);
    },
  };
}

const APP = fixture('cli-orphans.mjs');

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(signal, options, async (t) => {
    const run = runContained(t, ['start', APP, '-w', '2']);
    const port = await run.listening(2);
    const processes = JSON.parse(await ask(port, '/processes')) as Process[];
    t.match(processes[0], { pid: 1, parent: 0 });
    run.signal('SIGHUP');
    await run.says(/^rondo: reload: done$/m);
    run.signal(signal);
    t.equal(await run.end, 0);
    t.match(run.stderr(), /^rondo: stopped\n$/m);
  });
}

test('orphans', withAddon, async (t) => {
  const run = runContained(t, ['start', APP, '-w', '1']);
  const port = await run.listening(1);
  const left: number[] = [];
  for (let i = 0; i < 5; i++) left.push(Number(await ask(port, '/orphan')));
  t.ok(left.every((pid) => pid > 1));
  let processes: Process[] = [];
  await until('they are gone', async () => {
    processes = JSON.parse(await ask(port, '/processes'));
    return !processes.some(({ pid }) => left.includes(pid));
  });
  t.strictSame(
    processes.filter(({ state }) => state === 'Z'),
    [],
  );

  await t.rejects(ask(port, '/exit'));
  await run.says(/^rondo: worker 0 \(pid \d+\) ended with code 7 /m);
  await run.listening(2);
  run.signal('SIGTERM');
  t.equal(await run.end, 0);
});

test('every worker fails', options, async (t) => {
  const app = fixture('supervisor-app.mjs');
  const args = ['start', app, '-w', '2', '--max-restarts', '0'];
  t.equal(await runContained(t, args, { APP_FAILS: 'silently' }).end, 3);
});
