// How long connections wait in the primary, and how long they take to the worker's program.

import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import type { Tally } from '../../src/dispatcher/tally.js';
import { Figure, TIME_BOUNDS_S } from '../../src/native/figures.js';
import { until } from '../fixtures/faults.js';
import { type Deck, openDeck, read, transports, type Worker } from '../fixtures/harness.js';

/** What is internal of a Dispatcher. */
type Dealer = { queueTimes(): Float64Array };

/** What is counted of a slot's process, see src/dispatcher/tally.ts, and of its dispatcher. */
function counts({ slot }: Worker, { dispatcher }: Deck) {
  const figures = (slot as unknown as { tally: Tally }).tally.figures();
  return {
    handed: figures[Figure.handed],
    queueTimes: timesAt((dispatcher as unknown as Dealer).queueTimes(), 0),
    handoffTimes: timesAt(figures, Figure.handoffTimes),
  };
}

function timesAt(figures: Float64Array, from: number) {
  const end = from + TIME_BOUNDS_S.length + 1;
  return { counts: [...figures.subarray(from, end)], sumS: (figures[end] as number) / 1e6 };
}

/** 1 ms is the longest of the sixth bucket, 25 ms of the tenth. */
const MS_1 = 6;
const MS_25 = 10;

function sum(all: readonly number[]): number {
  return all.reduce((total, one) => total + one, 0);
}

for (const transport of transports()) {
  test(`${transport}: one after another`, async (t) => {
    const deck = await openDeck(t, { transport });
    const worker = await deck.worker();
    for (let i = 0; i < 10; i++) await read(deck.port);
    await until('all are counted', () => sum(counts(worker, deck).handoffTimes.counts) === 10);
    const { queueTimes, handoffTimes } = counts(worker, deck);
    t.equal(sum(queueTimes.counts), 10, 'each is in one bucket');
    t.ok(handoffTimes.sumS > 10e-6 && handoffTimes.sumS < 20, `in all ${handoffTimes.sumS} s`);
    t.ok(queueTimes.sumS <= handoffTimes.sumS, 'to wait is a part of it');
  });

  test(`${transport}: a program that decides late`, async (t) => {
    const deck = await openDeck(t, {
      transport,
      policy: (connections) => {
        // Blocks the primary for longer than each bucket up to 25 ms.
        const end = performance.now() + 40;
        while (performance.now() < end);
        return connections.map(() => null);
      },
      pickTimeoutMs: 10_000,
    });
    const worker = await deck.worker();
    await read(deck.port);
    await until('it is counted', () => sum(counts(worker, deck).handoffTimes.counts) === 1);
    const { queueTimes, handoffTimes } = counts(worker, deck);
    t.equal(sum(queueTimes.counts.slice(MS_25)), 1, 'it waited in the primary');
    t.equal(sum(handoffTimes.counts.slice(MS_25)), 1, 'so that it took as long to the program');
    t.ok(queueTimes.sumS >= 0.039 && queueTimes.sumS < 20, `${queueTimes.sumS} s`);
  });

  test(`${transport}: a worker that stands still`, async (t) => {
    const deck = await openDeck(t, { transport, takeBackMs: 0 });
    const worker = await deck.worker();
    await read(deck.port);
    process.kill(worker.pid, 'SIGSTOP');
    const client = read(deck.port);
    await until('it is handed off', () => counts(worker, deck).handed === 2);
    // For so long, which is what is measured.
    await delay(40);
    process.kill(worker.pid, 'SIGCONT');
    await client;
    await until('it is counted', () => sum(counts(worker, deck).handoffTimes.counts) >= 2);
    const { queueTimes, handoffTimes } = counts(worker, deck);
    t.ok(handoffTimes.sumS > 0.039, `${handoffTimes.sumS} s to the program`);
    t.ok(sum(handoffTimes.counts.slice(MS_25)) >= 1);
    if (transport === 'native') t.ok(sum(queueTimes.counts.slice(0, MS_1)) >= 1, 'but not here');
  });
}
