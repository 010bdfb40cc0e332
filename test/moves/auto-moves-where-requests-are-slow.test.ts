// `rebalance: 'auto'`, the default: where requests keep a worker's loop busy, each is dealt as it comes; where they are
// instant, connections stay where they are.

import { setTimeout as delay } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { until } from '../fixtures/faults.js';
import { type Deck, fixture, nativeOnly, openDeck } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

const file = fixture('moving-worker.mjs');

/**
 * Blocks the loop, and leaves the CPU to the tests beside this one: where CPUs are short nothing moves, and beside 10 ms
 * the wait for one is little.
 */
const SLOW = '/block?ms=10';

interface Load {
  clients: number;
  path: string;
  /** Of each client, between two requests. */
  pauseMs?: number;
}

/** Until `isOver` after a request. */
async function load(
  deck: Deck,
  { clients, path, pauseMs = 0 }: Load,
  isOver: (requests: number) => boolean,
): Promise<void> {
  const all = await Promise.all(
    Array.from({ length: clients }, () => KeepAliveClient.open(deck.port)),
  );
  let requests = 0;
  let hasEnded = false;
  await Promise.all(
    all.map(async (client) => {
      while (!hasEnded) {
        await client.get(path);
        if (pauseMs > 0) await delay(pauseMs);
        hasEnded ||= isOver(++requests);
      }
    }),
  );
  for (const client of all) client.destroy();
}

/** True as soon as so many requests in a row have brought fewer than `most` moves. */
function stays(deck: Deck, inARow: number, most: number): (requests: number) => boolean {
  let [from, before] = [0, deck.dispatcher.stats().idle.moved];
  return (requests) => {
    if (requests - from < inARow) return false;
    const { moved } = deck.dispatcher.stats().idle;
    if (moved - before < most) return true;
    [from, before] = [requests, moved];
    return false;
  };
}

async function deckOfTwo(t: Test): Promise<Deck> {
  const deck = await openDeck(t);
  for (let i = 0; i < 2; i++) await deck.worker(['http'], { file });
  return deck;
}

test('slow ones, then instant ones', nativeOnly, async (t) => {
  const deck = await deckOfTwo(t);
  const moved = () => deck.dispatcher.stats().idle.moved;
  await load(deck, { clients: 6, path: SLOW, pauseMs: 40 }, () => moved() > 200);
  t.ok(moved() > 200, `${moved()} moves`);
  // It takes a look of the primary's to be seen.
  await load(deck, { clients: 12, path: '/' }, stays(deck, 500, 10));
  const before = moved();
  await load(deck, { clients: 12, path: '/' }, (requests) => requests >= 3_000);
  const more = moved() - before;
  // Of one that has more connections than the other as many as it takes for them to be even.
  t.ok(more <= 60, `${more} moves in 3,000 instant ones`);
});

test('slow ones, where no worker has room', nativeOnly, async (t) => {
  const deck = await deckOfTwo(t);
  // It takes some seconds to be sure.
  await load(deck, { clients: 12, path: SLOW }, stays(deck, 600, 10));
  const before = deck.dispatcher.stats().idle.moved;
  await load(deck, { clients: 12, path: SLOW }, (requests) => requests >= 1_200);
  const more = deck.dispatcher.stats().idle.moved - before;
  t.ok(more <= 60, `${more} moves in 1,200 requests`);
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
