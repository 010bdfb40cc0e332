// The clients of the others are served while a worker stands still. What was handed to it and what it
// has not received is taken back as soon as another has nothing to do, at the latest after `takeBackMs`, and
// served by another, and it gets no more until it goes on; then it gets its share again.

import type { SlotStats } from 'rondo';
import { test } from 'tap';
import { proceed, settles, stop, tally, until } from '../fixtures/faults.js';
import { nativeOnly, openDeck, read, transports } from '../fixtures/harness.js';

const CLIENTS = 40;

for (const transport of transports()) {
  test(`${transport}: others are served`, async (t) => {
    // Nothing is taken back, so a window's worth waits.
    const deck = await openDeck(t, { transport, takeBackMs: 0, window: 2 });
    const { dispatcher, port, worker: start } = deck;
    const [standing, running] = [await start(), await start()];
    await stop(standing.pid);
    const lines: string[] = [];
    const clients = Array.from({ length: CLIENTS }, async () => lines.push(await read(port)));
    await until('all but a window are served', () => lines.length === CLIENTS - 2);
    t.strictSame(tally(lines), { [`${running.pid}\n`]: CLIENTS - 2 });
    await settles(t, () => dispatcher.stats().slots[standing.slot.id], {
      pending: 2,
      received: 0,
      reclaimed: 0,
    });

    proceed(standing.pid);
    await Promise.all(clients);
    t.strictSame(tally(lines), { [`${running.pid}\n`]: CLIENTS - 2, [`${standing.pid}\n`]: 2 });
  });
}

test('native: one that has nothing to do takes what waits', nativeOnly, async (t) => {
  // So long that it is of no account here.
  const deck = await openDeck(t, { transport: 'native', takeBackMs: 3_600_000, window: 2 });
  const { dispatcher, port, worker: start } = deck;
  const [standing, running] = [await start(), await start()];
  dispatcher.on('slot:stuck', () => t.fail('nobody is told: it may be a long computation'));
  await stop(standing.pid);
  const lines = await Promise.all(Array.from({ length: CLIENTS }, () => read(port)));
  t.strictSame(tally(lines), { [`${running.pid}\n`]: CLIENTS }, 'all by the other');
  await settles(t, () => dispatcher.stats(), {
    waiting: 0,
    listeners: [{ closed: 0 }],
    slots: [{ pending: 0, received: 0 }, { received: CLIENTS }],
  });
  // Its window of 2, or less if it was seen to stand before it was full.
  const { handed, reclaimed } = dispatcher.stats().slots[standing.slot.id] as SlotStats;
  t.ok(handed === 1 || handed === 2, `${handed} were handed to it`);
  t.equal(reclaimed, handed);
  t.equal(await read(port), `${running.pid}\n`, 'it gets no more');
  t.equal(dispatcher.stats().slots[standing.slot.id]?.handed, handed);

  proceed(standing.pid);
  await until('it serves again', async () => (await read(port)) === `${standing.pid}\n`);
  const more = tally(await Promise.all(Array.from({ length: CLIENTS }, () => read(port))));
  t.ok((more[`${standing.pid}\n`] ?? 0) > 0, 'and goes on to');
});

test('native: what waits for it is taken back', nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native', takeBackMs: 100, window: 2 });
  const { dispatcher, port, worker: start } = deck;
  const [standing, running] = [await start(), await start()];
  const stuck: unknown[][] = [];
  dispatcher.on('slot:stuck', (slot, reclaimed) => stuck.push([slot.id, reclaimed]));
  await stop(standing.pid);
  const burst = (): Promise<string[]> =>
    Promise.all(Array.from({ length: CLIENTS }, () => read(port)));

  t.strictSame(tally(await burst()), { [`${running.pid}\n`]: CLIENTS }, 'all by the other');
  await until('the event', () => stuck.length > 0);
  await settles(t, () => dispatcher.stats(), {
    waiting: 0,
    accepted: CLIENTS,
    listeners: [{ closed: 0 }],
    slots: [{ pending: 0, received: 0 }, { received: CLIENTS }],
  });
  // Its window of 2, or less if it was seen to stand before it was full.
  const { handed, reclaimed } = dispatcher.stats().slots[standing.slot.id] as SlotStats;
  t.ok(handed === 1 || handed === 2, `${handed} were handed to it`);
  t.equal(reclaimed, handed);
  t.strictSame(stuck, [[standing.slot.id, handed]]);
  t.strictSame(tally(await burst()), { [`${running.pid}\n`]: CLIENTS }, 'it gets no more');
  t.equal(dispatcher.stats().slots[standing.slot.id]?.handed, handed);

  proceed(standing.pid);
  await until('it serves again', async () => (await read(port)) === `${standing.pid}\n`);
  const lines = [];
  for (let i = 0; i < CLIENTS; i++) lines.push(await read(port));
  t.strictSame(tally(lines), {
    [`${running.pid}\n`]: CLIENTS / 2,
    [`${standing.pid}\n`]: CLIENTS / 2,
  });
  t.equal(stuck.length, 1);
});

test('native: with no other worker they wait for it', nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native', takeBackMs: 50, window: 2 });
  const { dispatcher, port, worker: start } = deck;
  const only = await start();
  await stop(only.pid);
  const clients = Promise.all(Array.from({ length: 5 }, () => read(port)));
  const starved = new Promise<void>((resolve) => dispatcher.once('starved', () => resolve()));
  await starved;
  await settles(
    t,
    () => dispatcher.stats().slots[0],
    { pending: 2, reclaimed: 0 },
    'a window, and no more',
  );
  t.equal(dispatcher.stats().accepted, 2, 'the rest is in the backlog');
  const flowing = new Promise<void>((resolve) => dispatcher.once('flowing', () => resolve()));
  proceed(only.pid);
  t.strictSame(tally(await clients), { [`${only.pid}\n`]: 5 });
  await flowing;
});
