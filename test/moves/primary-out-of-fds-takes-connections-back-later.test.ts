// A primary at its limit of file descriptors does not read what its workers give back. It waits in their channels: no
// connection is lost or closed, what does not move is served meanwhile, and the rest when descriptors are free again.

import { test } from 'tap';
import { limitFds, settles, startPrimary, until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

const CLIENTS = 20;
const LIMIT = limitFds(96);

test('while workers give back', nativeOnly, async (t) => {
  const primary = await startPrimary(t, {
    dispatcher: { transport: 'native', rebalance: 'always' },
    workers: 2,
    file: fixture('moving-worker.mjs'),
    args: ['http'],
    ...LIMIT,
  });
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => KeepAliveClient.open(primary.port)),
  );
  const kept = await KeepAliveClient.open(primary.port);
  t.teardown(() => {
    for (const client of [...clients, kept]) client.destroy();
  });
  const pid = (await kept.get('/keep')).body.toString();
  await settles(t, () => primary.stats(), { accepted: CLIENTS + 1, waiting: 0 });
  primary.send({ do: 'fill' });
  t.match(await primary.event('full'), { code: 'EMFILE' });

  await Promise.all(clients.map((client) => client.get()));
  const again = clients.map((client) => client.get());
  let answered = 0;
  for (const one of again) void one.then(() => answered++);
  for (let i = 0; i < 50; i++) t.equal((await kept.get()).body.toString(), pid);
  t.match(await primary.stats(), { idle: { held: 0, moved: 0, closed: 0 } }, 'none has come');
  t.equal(answered, 0, 'they wait');

  primary.send({ do: 'free' });
  await primary.event('freed');
  await Promise.all(again);
  await settles(t, () => primary.stats(), {
    accepted: CLIENTS + 1,
    idle: { held: CLIENTS, moved: CLIENTS, closed: 0, ended: 0 },
    slots: [{ lost: 0 }, { lost: 0 }],
  });
  await until('they go on', async () => {
    await Promise.all(clients.map((client) => client.get()));
    return true;
  });
  t.ok(clients.every(({ ended }) => ended === null));
});
