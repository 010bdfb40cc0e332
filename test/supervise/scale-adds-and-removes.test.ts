// scale() starts workers in new seats and drains those of the highest; what is in flight is answered.

import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { openSupervisor } from '../fixtures/supervisor.js';

test('up and down', async (t) => {
  // What waits for a worker that is slow to begin is not given to another.
  const supervised = await openSupervisor(t, { workers: 2, takeBackMs: 0 });
  await supervised.call('start');
  await supervised.call('scale', 5);
  t.equal((await supervised.readyPids()).length, 5, 'ready when it resolves');
  const port = supervised.port();
  const slow = Array.from({ length: 10 }, () => fetch(`http://127.0.0.1:${port}/slow`));
  await until('all are in flight', async () => {
    const { dispatcher } = await supervised.stats();
    return dispatcher?.slots.reduce((sum, { received }) => sum + received, 0) === 10;
  });
  await supervised.call('scale', 1);
  t.equal((await supervised.readyPids()).length, 1);
  const seats = new Set<string>();
  for (const response of await Promise.all(slow)) {
    t.equal(response.status, 200);
    seats.add(((await response.json()) as { seat: string }).seat);
  }
  t.equal(seats.size, 5, 'all five have served');
  const exited = supervised.seen('worker:exited');
  t.strictSame(exited.map(({ seat }) => seat).sort(), [1, 2, 3, 4]);
  for (const info of exited) t.match(info, { reason: 'scale', code: 0 });
  t.match((await supervised.stats()).seats, [{ id: 0, state: 'running' }]);
  await supervised.call('scale', 2);
  t.match((await supervised.stats()).seats, [{ id: 0 }, { id: 1 }], 'the number is used again');
});

test('a new worker that fails', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1, maxRestarts: 1 });
  await supervised.call('start');
  const error = { code: 'ERR_RONDO_INVALID_OPTION', message: /'workers'.*Received 0/ };
  await t.rejects(supervised.call('scale', 0), error);
  await t.rejects(supervised.call('scale', 513), { code: 'ERR_RONDO_INVALID_OPTION' });
  t.equal((await supervised.readyPids()).length, 1);
});

test('during a reload it waits for its turn', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2 });
  await supervised.call('start');
  await Promise.all([supervised.call('reload'), supervised.call('scale', 3)]);
  t.equal((await supervised.readyPids()).length, 3);
  t.equal(supervised.seen('worker:starting').length, 2 + 2 + 1);
});
