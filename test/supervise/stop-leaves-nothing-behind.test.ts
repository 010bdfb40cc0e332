// stop() and kill() end every worker and the agent; a Supervisor that is killed takes them with it, even
// those that stand still. No orphan, no zombie.

import { once } from 'node:events';
import { test } from 'tap';
import { isAlive, stop, until } from '../fixtures/faults.js';
import { nativeOnly } from '../fixtures/harness.js';
import { openSupervisor, zombiesOf } from '../fixtures/supervisor.js';

test('stop() while a response is in flight', async (t) => {
  const supervised = await openSupervisor(t);
  await supervised.call('start');
  const port = supervised.port();
  const response = fetch(`http://127.0.0.1:${port}/slow`);
  await fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
  const stopped = supervised.call('stop');
  t.equal((await response).status, 200, 'it is answered');
  t.equal((await response).headers.get('connection'), 'close');
  await (await response).text();
  await stopped;
  await t.rejects(fetch(`http://127.0.0.1:${port}/`), 'nobody listens any more');
  t.notOk([...supervised.pids].some(isAlive));
  t.strictSame(zombiesOf(supervised.pid), []);
  await t.rejects(supervised.call('reload'), { code: 'ERR_RONDO_SUPERVISOR_STATE' });
  await supervised.call('stop');
  t.equal(supervised.seen('stopped').length, 1);
  const exit = once(supervised.child, 'exit');
  supervised.child.disconnect();
  t.strictSame(await exit, [0, null], 'nothing keeps the process running');
});

test('kill() with a response that never ends', async (t) => {
  const supervised = await openSupervisor(t);
  await supervised.call('start');
  const response = await fetch(`http://127.0.0.1:${supervised.port()}/begin`);
  await supervised.call('kill');
  await t.rejects(response.text());
  t.notOk([...supervised.pids].some(isAlive));
  t.strictSame(zombiesOf(supervised.pid), []);
  for (const info of supervised.seen('worker:exited')) t.match(info, { signal: 'SIGKILL' });
});

test('stop() with a response that never ends', async (t) => {
  const options = { workers: 1, drainTimeoutMs: 300, idleGraceMs: 0 };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const response = await fetch(`http://127.0.0.1:${supervised.port()}/begin`);
  await supervised.call('stop');
  await t.rejects(response.text());
  const exited = { code: 0, reason: 'stop', drained: { open: 1, idle: 0, destroyed: 1 } };
  t.match(supervised.seen('worker:exited'), [exited]);
});

test('stop() with a worker that stands still', async (t) => {
  const options = { workers: 2, drainTimeoutMs: 100, killTimeoutMs: 300 };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const [pid] = await supervised.readyPids();
  await stop(pid as number);
  await supervised.call('stop');
  const exited = supervised.seen('worker:exited').find((info) => info.pid === pid);
  t.match(exited, { reason: 'stop', signal: 'SIGKILL', drained: null });
  t.ok(
    supervised.seen('worker:exited').some((info) => info.code === 0),
    'the other one ends by itself',
  );
});

test('stop() before it starts stops nothing', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1 });
  await supervised.call('stop');
  await supervised.call('start');
  await supervised.call('stop');
  t.equal(supervised.seen('stopped').length, 1);
  t.notOk([...supervised.pids].some(isAlive));
});

test('stop() while it starts', async (t) => {
  const supervised = await openSupervisor(t, {}, { APP_FAILS: 'by-never-listening' });
  const started = supervised.call('start');
  started.catch(() => {});
  await supervised.until('worker:starting', 2);
  await supervised.call('stop');
  await t.rejects(started, { code: 'ERR_RONDO_SUPERVISOR_STATE' });
  t.notOk([...supervised.pids].some(isAlive));
});

test('stop() during a reload', async (t) => {
  const supervised = await openSupervisor(
    t,
    { readyWhen: 'message' },
    { APP_READY_AFTER_MS: '300' },
  );
  await supervised.call('start');
  const reload = supervised.call('reload');
  reload.catch(() => {});
  await supervised.until('worker:starting', 3);
  await supervised.call('stop');
  await t.rejects(reload, { code: 'ERR_RONDO_SUPERVISOR_STATE' });
  t.strictSame(supervised.seen('reload:failed'), []);
  t.notOk([...supervised.pids].some(isAlive));
  t.equal(supervised.seen('worker:starting').length, 3);
});

test('a Supervisor that is killed', nativeOnly, async (t) => {
  const supervised = await openSupervisor(t, { workers: 3 });
  await supervised.call('start');
  const port = supervised.port();
  const pids = await supervised.readyPids();
  // One hangs, one stands still, one does nothing.
  const hung = fetch(`http://127.0.0.1:${port}/hang`);
  hung.catch(() => {});
  await until('one is busy', async () => (await supervised.stats()).dispatcher?.accepted === 1);
  await stop(pids[0] as number);
  supervised.child.kill('SIGKILL');
  await until('all are gone', () => !pids.some(isAlive), 5_000);
  await t.rejects(hung);
});
