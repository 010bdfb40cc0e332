// A primary at its limit of file descriptors pauses and says so; what waits in the backlog, or for a
// dead worker, stays where it is and is served, by itself, when descriptors are free again.

import { test } from 'tap';
import {
  limitFds,
  openClient,
  settles,
  startPrimary,
  stop,
  tally,
  until,
} from '../fixtures/faults.js';
import { nativeOnly, read } from '../fixtures/harness.js';

// Enough for Node to load all modules at once.
const LIMIT = limitFds(256);
const CLIENTS = 30;

test('accept pauses and resumes', nativeOnly, async (t) => {
  const primary = await startPrimary(t, { dispatcher: { transport: 'native' }, ...LIMIT });
  const { port, workers } = primary;
  t.equal(await read(port), `${workers[0]}\n`);
  primary.send({ do: 'fill' });
  t.match(await primary.event('full'), { code: 'EMFILE' });

  const start = performance.now();
  const clients = Array.from({ length: CLIENTS }, () => read(port));
  t.match(await primary.event('accept:error'), { code: 'EMFILE' });
  const errors = async (): Promise<number> =>
    (await primary.stats()).listeners[0]?.acceptErrors['EMFILE'] ?? 0;
  // 50, 100, 200 and 400 ms after one another.
  await until('it has tried four times more', async () => (await errors()) >= 5);
  const elapsedMs = performance.now() - start;
  t.ok(elapsedMs > 600, `longer pauses each time: ${elapsedMs} ms`);
  await settles(t, () => primary.stats(), { accepted: 1 });

  primary.send({ do: 'free' });
  await primary.event('freed');
  t.strictSame(tally(await Promise.all(clients)), { [`${workers[0]}\n`]: CLIENTS });
  await settles(t, () => primary.stats(), { accepted: CLIENTS + 1, listeners: [{ closed: 0 }] });
  t.ok(primary.count('accept:error') <= elapsedMs / 1000 + 1, 'at most one event a second');
  t.equal(primary.count('listener:error'), 0);
});

test("a dead worker's connections are taken back later", nativeOnly, async (t) => {
  const dispatcher = { transport: 'native', window: 8, takeBackMs: 0 } as const;
  const primary = await startPrimary(t, { dispatcher, workers: 2, ...LIMIT });
  const { port, workers } = primary;
  for (const pid of workers) await stop(pid);
  const clients = Array.from({ length: 16 }, () => read(port));
  const pending = async (): Promise<number> =>
    (await primary.stats()).slots.reduce((sum, slot) => sum + slot.pending, 0);
  await until('both windows are full', async () => (await pending()) === 16);
  primary.send({ do: 'fill' });
  await primary.event('full');

  const [doomed, heir] = workers as [number, number];
  primary.send({ do: 'kill', pid: doomed });
  process.kill(heir, 'SIGCONT');
  await until(
    'the heir has served its own',
    async () => (await primary.stats()).slots[1]?.pending === 0,
  );
  t.equal(primary.count('gone'), 0, 'not gone before its connections are safe');
  primary.send({ do: 'free' });
  t.match(await primary.event('gone'), { slot: 0, reclaimed: 8 });
  t.strictSame(tally(await Promise.all(clients)), { [`${heir}\n`]: 16 });
  await settles(t, async () => (await primary.stats()).slots, [
    { reclaimed: 8, pending: 0 },
    { received: 16, lost: 0 },
  ]);
});

test('a new worker has to wait', nativeOnly, async (t) => {
  const primary = await startPrimary(t, { dispatcher: { transport: 'native' }, ...LIMIT });
  primary.send({ do: 'fill' });
  await primary.event('full');
  primary.send({ do: 'worker' });
  t.match(await primary.event('not started'), { code: 'EMFILE', syscall: 'socketpair' });
  primary.send({ do: 'free' });
  await primary.event('freed');
  primary.send({ do: 'worker' });
  await primary.event('ready');
  const lines = [await read(primary.port), await read(primary.port)];
  t.strictSame(new Set(lines), new Set(primary.workers.map((pid) => `${pid}\n`)));
});

test('a refused connection is taken back later', nativeOnly, async (t) => {
  const dispatcher = { transport: 'native', takeBackMs: 0 } as const;
  const args = ['hold', '--max=1'];
  const primary = await startPrimary(t, { dispatcher, workers: 2, args, ...LIMIT });
  const { port, workers } = primary;
  // One each, so that whoever comes is refused by one and dropped by the other.
  const held = [await openClient(port), await openClient(port)];
  await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('data', resolve))));
  for (const pid of workers) await stop(pid);
  const third = read(port);
  const handed = async (): Promise<number> =>
    (await primary.stats()).slots.reduce((sum, slot) => sum + slot.handed, 0);
  await until('it is handed off', async () => (await handed()) === 3);
  primary.send({ do: 'fill' });
  await primary.event('full');
  for (const pid of workers) process.kill(pid, 'SIGCONT');
  // The refused one cannot be read by the primary now, and must be dealt, and dropped, afterwards.
  const pending = async (): Promise<number> =>
    (await primary.stats()).slots.reduce((sum, slot) => sum + slot.pending, 0);
  await until('it has been received', async () => (await pending()) === 0);
  t.equal(primary.count('retired'), 0);
  primary.send({ do: 'free' });
  t.equal(await third, '', 'dropped by the second worker');
  const { slots } = await primary.stats();
  t.equal(
    slots.reduce((sum, slot) => sum + slot.refused, 0),
    1,
  );
  for (const socket of held) socket.destroy();
});
