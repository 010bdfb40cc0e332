// starting, ready, draining, exited: one event for each, in this order, with the reason, the exit code or
// signal, and how long the worker lived.

import type { WorkerInfo } from 'rondo';
import { test } from 'tap';
import { openSupervisor, type Supervised } from '../fixtures/supervisor.js';

/** The states that a process was told to be in. */
function statesOf({ events }: Supervised, pid: number): string[] {
  return events
    .filter(({ args }) => (args[0] as Partial<WorkerInfo> | undefined)?.pid === pid)
    .map(({ event }) => event);
}

test('until it is stopped', async (t) => {
  const supervised = await openSupervisor(t);
  await supervised.call('start');
  const pids = [...supervised.pids];
  await supervised.call('stop');
  for (const pid of pids) {
    const states = ['worker:starting', 'worker:ready', 'worker:draining', 'worker:exited'];
    t.strictSame(statesOf(supervised, pid), states);
  }
  for (const info of supervised.seen('worker:ready')) {
    t.match(info, { state: 'ready', reason: null, code: null, signal: null, drained: null });
    t.ok((info.readyAfterMs as number) > 0 && info.livedMs >= (info.readyAfterMs as number));
    t.match(info.listening, [{ address: '127.0.0.1', port: Number, addressType: 4 }]);
  }
  for (const info of supervised.seen('worker:exited')) {
    t.match(info, { state: 'exited', reason: 'stop', code: 0, signal: null });
    t.match(info.drained, { open: 0, idle: 0, destroyed: 0 });
  }
  t.strictSame(
    supervised
      .seen('worker:exited')
      .map(({ seat }) => seat)
      .sort(),
    [0, 1],
    'each from its seat',
  );
});

test('a crash', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1 });
  await supervised.call('start');
  await t.rejects(fetch(`http://127.0.0.1:${supervised.port()}/exit`));
  await supervised.until('worker:ready', 2);
  const [exited] = supervised.seen('worker:exited');
  t.match(exited, { seat: 0, reason: 'exit', code: 7, signal: null });
  t.strictSame(statesOf(supervised, exited?.pid as number).at(-1), 'worker:exited');
});

test('a signal from somebody else', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1 });
  await supervised.call('start');
  const [pid] = await supervised.readyPids();
  process.kill(pid as number, 'SIGKILL');
  await supervised.until('worker:ready', 2);
  t.match(supervised.seen('worker:exited'), [
    { pid, reason: 'exit', code: null, signal: 'SIGKILL' },
  ]);
});

test('SIGTERM from somebody else is a drain, and a reason to replace', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1 });
  await supervised.call('start');
  const [pid] = await supervised.readyPids();
  process.kill(pid as number, 'SIGTERM');
  await supervised.until('worker:ready', 2);
  await supervised.until('worker:exited');
  t.match(supervised.seen('worker:exited'), [{ pid, reason: 'signal', code: 0, signal: null }]);
});

test("ready is when it says so, with readyWhen: 'message'", async (t) => {
  const options = { workers: 1, readyWhen: 'message' as const };
  const supervised = await openSupervisor(t, options, { APP_READY_AFTER_MS: '300' });
  await supervised.call('start');
  const [ready] = supervised.seen('worker:ready');
  t.ok((ready?.readyAfterMs as number) >= 300);
  t.equal(ready?.listening.length, 1, 'it listened long before');
});

test('not ready in time', async (t) => {
  const options = { workers: 1, startTimeoutMs: 500, maxRestarts: 1 };
  const supervised = await openSupervisor(t, options, { APP_FAILS: 'by-never-listening' });
  await t.rejects(supervised.call('start'), { code: 'ERR_RONDO_START_FAILED' });
  const killed = { reason: 'start-timeout', signal: 'SIGKILL', readyAfterMs: null };
  t.match(supervised.seen('worker:exited'), [killed, killed]);
  t.strictSame(supervised.seen('worker:draining'), []);
});
