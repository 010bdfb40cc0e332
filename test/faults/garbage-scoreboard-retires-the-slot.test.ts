// A worker's page of the scoreboard is its own, so it can write anything there. Counts that cannot be
// retire its slot; anything else harms nobody. The engine's page it can only read, and it can change
// the size of neither.

import type { Slot } from 'rondo';
import { test } from 'tap';
import { settles, tally, until } from '../fixtures/faults.js';
import { Field, startRawWorker, untilRetired, WORKER_PAGE_BYTES } from '../fixtures/frames.js';
import { nativeOnly, openDeck, read } from '../fixtures/harness.js';

/** What is true is 0: it has received nothing of the one that it was handed. */
const RECEIVED: Record<string, number> = {
  'one back': 2 ** 32 - 1,
  'half way round': 2 ** 31,
  'one too many': 2,
  'far too many': 1_000_000,
};

for (const [name, value] of Object.entries(RECEIVED)) {
  test(`received: ${name}`, nativeOnly, async (t) => {
    // Nothing is taken back before the garbage is written, for there is nobody to have it.
    const deck = await openDeck(t, { transport: 'native' });
    const { dispatcher, port } = deck;
    const raw = await startRawWorker(t, deck);
    const [slot] = raw.slots as [Slot];
    const { own } = await raw.introduce(0);
    const client = read(port);
    await until('it is handed', () => dispatcher.stats().slots[slot.id]?.pending === 1);
    const retired = untilRetired(dispatcher, slot);
    await raw.ask({ do: 'write', fd: own, at: Field.received, value });
    const good = await deck.worker();
    t.equal((await retired).code, 'ERR_RONDO_BAD_WORKER');
    t.equal(slot.state, 'retired');
    t.equal(await client, `${good.pid}\n`, 'what it was handed is served by another');
    const lines = await Promise.all(Array.from({ length: 10 }, () => read(port)));
    t.strictSame(tally(lines), { [`${good.pid}\n`]: 10 });
    await settles(t, () => dispatcher.stats(), {
      waiting: 0,
      slots: [{ reclaimed: 1, pending: 0 }],
    });

    // The next process has a page of its own.
    await raw.end();
    const next = await deck.worker(['line'], { slot });
    const both = [await read(port), await read(port)];
    t.strictSame(new Set(both), new Set([`${good.pid}\n`, `${next.pid}\n`]));
    await settles(t, () => dispatcher.stats().slots[slot.id], {
      state: 'ready',
      received: 1,
      pending: 0,
    });
  });
}

for (const policy of ['round-robin', 'least-connections'] as const) {
  test(`${policy}: the whole page, at random`, nativeOnly, async (t) => {
    const deck = await openDeck(t, { transport: 'native', policy, takeBackMs: 50 });
    const { dispatcher, port } = deck;
    const raw = await startRawWorker(t, deck);
    const { own } = await raw.introduce(0);
    const good = await deck.worker();
    const page = { fd: own, at: 0, length: WORKER_PAGE_BYTES, times: 200 };
    const served: string[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      await raw.ask({ do: 'scribble', ...page, seed });
      served.push(...(await Promise.all(Array.from({ length: 5 }, () => read(port)))));
    }
    t.strictSame(tally(served), { [`${good.pid}\n`]: 100 }, 'everybody is served by the other');
    t.equal(good.slot.state, 'ready');
    await settles(t, () => dispatcher.stats(), {
      accepted: 100,
      waiting: 0,
      listeners: [{ closed: 0 }],
    });
  });
}

test('the size of both, and what the engine writes', nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native' });
  const raw = await startRawWorker(t, deck);
  const { engine, own } = await raw.introduce(0);
  for (const fd of [engine, own]) {
    for (const size of [0, 1, 8192]) {
      t.strictSame(await raw.ask({ do: 'truncate', fd, size }), { code: 'EPERM' });
    }
  }
  for (const at of [0, 4]) {
    t.strictSame(await raw.ask({ do: 'write', fd: engine, at, value: 7 }), { code: 'EPERM' });
  }
  const good = await deck.worker();
  await raw.end();
  t.equal(await read(deck.port), `${good.pid}\n`);
});
