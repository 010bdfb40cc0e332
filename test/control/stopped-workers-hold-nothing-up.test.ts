// What is known of workers is read from shared memory: with every worker stopped by SIGSTOP the control socket answers as
// before, and what does not need them is done.

import { test } from 'tap';
import { openControlled } from '../fixtures/control.js';
import { proceed, stop } from '../fixtures/faults.js';

test('all stopped', async (t) => {
  const { supervised, client } = await openControlled(t, { workers: 3 });
  const pids = await supervised.readyPids();
  for (const pid of pids) await stop(pid);
  const status = await client.status();
  t.match(status, { state: 'running', workers: 3, ready: 3 });
  t.strictSame(
    status.seats.flatMap(({ workers }) => workers.map(({ pid }) => pid)),
    pids,
  );
  await client.configure({ policy: 'least-connections' });
  await client.configureSeat(0, { weight: 2 });
  await client.pause();
  t.match(await client.listeners(), [{ paused: true, policy: 'least-connections' }]);
  await client.resume();
  t.ok((await client.logs()).length > 0);
  // One of them is replaced even so, as the new one is not stopped.
  await client.restart(1);
  t.match(
    (await client.status()).seats[1]?.workers.map(({ state }) => state),
    ['draining', 'ready'],
  );
  for (const pid of pids) proceed(pid);
});
