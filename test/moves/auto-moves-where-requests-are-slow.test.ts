// `rebalance: 'auto'`, the default: where requests keep a worker's loop busy, each is dealt as it comes; where they are
// instant, connections stay where they are.

import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { type Deck, fixture, nativeOnly, openDeck } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

const CLIENTS = 12;
const file = fixture('moving-worker.mjs');

/** So many requests, one after the other on each connection. */
async function load(deck: Deck, path: string, requests: number): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => KeepAliveClient.open(deck.port)),
  );
  let count = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (count < requests) {
        count++;
        await client.get(path);
      }
    }),
  );
  for (const client of clients) client.destroy();
}

test('slow ones, then instant ones', nativeOnly, async (t) => {
  const deck = await openDeck(t);
  for (let i = 0; i < 2; i++) await deck.worker(['http'], { file });
  // Each worker looks at 128 requests before it says that they are slow.
  await load(deck, '/spin?ms=3', 800);
  const { moved } = deck.dispatcher.stats().idle;
  t.ok(moved > 450, `${moved} moves in 800 requests of 3 ms`);
  // It takes a few to be seen.
  await load(deck, '/', 200);
  const before = deck.dispatcher.stats().idle.moved;
  await load(deck, '/', 3_000);
  const more = deck.dispatcher.stats().idle.moved - before;
  // Of a worker that has had none of the 200 the first ones, and as many as it takes for them to be even.
  t.ok(more <= 60, `${more} moves in 3,000 instant ones`);
});

test('a pool that was opened before half of the workers were there', nativeOnly, async (t) => {
  const deck = await openDeck(t);
  for (let i = 0; i < 2; i++) await deck.worker(['http'], { file });
  const clients = await Promise.all(
    Array.from({ length: 40 }, () => KeepAliveClient.open(deck.port)),
  );
  await Promise.all(clients.map((client) => client.get()));
  for (let i = 0; i < 2; i++) await deck.worker(['http'], { file });
  let isOver = false;
  const steady = clients.map(async (client) => {
    while (!isOver) {
      await client.get('/spin?ms=0.1');
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  });
  const open = (): number[] => deck.dispatcher.stats().slots.map((slot) => slot.open);
  await until('they are even', () => Math.max(...open()) <= 12 && Math.min(...open()) >= 8);
  const { moved } = deck.dispatcher.stats().idle;
  t.ok(moved < 200, `${moved} moves`);
  isOver = true;
  await Promise.all(steady);
  t.strictSame(
    clients.map(({ ended }) => ended),
    Array(40).fill(null),
  );
  for (const client of clients) client.destroy();
});
