// A worker at its limit of file descriptors does not read what it could not take. It waits there, or
// another worker gets it, and the worker serves again as soon as it can.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'tap';
import { limitFds, settles, tally, until } from '../fixtures/faults.js';
import { fixture, hold, nativeOnly, openDeck, read } from '../fixtures/harness.js';

const file = fixture('hungry-worker.mjs');
const LIMIT = limitFds(48);
const CLIENTS = 20;

test('others serve what it cannot take', nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native', takeBackMs: 100, window: 2 });
  const { dispatcher, port, worker: start } = deck;
  const hungry = await start([], { file, ...LIMIT });
  const other = await start();
  hungry.send({ do: 'fill' });
  t.match(await hungry.event('full'), { code: 'EMFILE' });

  const lines = await Promise.all(Array.from({ length: CLIENTS }, () => read(port)));
  t.strictSame(tally(lines), { [`${other.pid}\n`]: CLIENTS });
  await settles(t, () => dispatcher.stats(), {
    waiting: 0,
    listeners: [{ closed: 0 }],
    slots: [{ handed: 2, reclaimed: 2, pending: 0, received: 0, lost: 0 }, { received: CLIENTS }],
  });

  hungry.send({ do: 'free' });
  await hungry.event('freed');
  await until('it serves again', async () => (await read(port)) === `${hungry.pid}\n`);
  t.equal(hungry.slot.state, 'ready');
  t.equal(dispatcher.stats().slots[0]?.lost, 0);
});

test('alone, it serves them later', nativeOnly, async (t) => {
  const { dispatcher, port, worker: start } = await openDeck(t, { transport: 'native', window: 2 });
  const only = await start([], { file, ...LIMIT });
  only.send({ do: 'fill' });
  await only.event('full');
  const clients = Promise.all(Array.from({ length: CLIENTS }, () => read(port)));
  await new Promise<void>((resolve) => dispatcher.once('starved', () => resolve()));
  await settles(t, () => dispatcher.stats().slots[0], { handed: 2, pending: 2, received: 0 });
  only.send({ do: 'free' });
  t.strictSame(tally(await clients), { [`${only.pid}\n`]: CLIENTS });
  await settles(t, () => dispatcher.stats().slots[0], { received: CLIENTS, reclaimed: 0, lost: 0 });
});

test('it stays alive for them', nativeOnly, async (t) => {
  const { dispatcher, port, worker: start } = await openDeck(t, { transport: 'native', window: 2 });
  const only = await start(['eager', '1000'], { file, ...LIMIT, isUnready: true });
  await only.event('full');
  const client = read(port);
  // Freed by a timer that does not keep it running: only its server does.
  const freed = only.event('freed').then(() => 'freed');
  const ended = once(only.child, 'exit').then(([code]) => `ended with code ${code}`);
  const outcome = await Promise.race([freed, ended]);
  t.equal(outcome, 'freed');
  if (outcome !== 'freed') return;
  t.equal(await client, `${only.pid}\n`);
  await settles(t, () => dispatcher.stats().slots[0], { received: 1, lost: 0 });
});

test('connections fill it up', nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native', takeBackMs: 50, window: 8 });
  const { dispatcher, port, worker: start } = deck;
  const small = await start(['hold'], LIMIT);
  const large = await start(['hold']);
  const open: Socket[] = [];
  t.teardown(() => {
    for (const socket of open) socket.destroy();
  });
  const held = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const { socket, line } = await hold(port);
      open.push(socket);
      return line;
    }),
  );
  const counts = tally(held);
  t.equal((counts[small.pid] ?? 0) + (counts[large.pid] ?? 0), 100, 'all are served');
  t.ok((counts[small.pid] ?? 0) > 0 && (counts[small.pid] ?? 0) < 40, 'the small one is full');
  await settles(t, () => dispatcher.stats().slots, [
    { lost: 0, pending: 0, open: counts[small.pid] },
    { lost: 0, pending: 0, open: counts[large.pid] },
  ]);
  // The connections end, and the small one serves its share again.
  for (const socket of open) {
    socket.destroy();
    if (!socket.closed) await once(socket, 'close');
  }
  await until('nothing is open', () => dispatcher.stats().slots.every((slot) => slot.open === 0));
  await until('the small one serves again', async () => {
    const { socket, line } = await hold(port);
    socket.destroy();
    return line === String(small.pid);
  });
});
