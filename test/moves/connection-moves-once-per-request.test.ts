// How often a connection moves is bounded by its requests: two busy workers do not pass connections to and fro between
// them, and a client that sends its request byte by byte costs one move, and delays nobody.

import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { settles } from '../fixtures/faults.js';
import { fixture, nativeOnly, openDeck } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

const file = fixture('moving-worker.mjs');
const BETWEEN_BYTES_MS = 5;

/**
 * With 'auto' only workers that have room pass anything on, and it takes some seconds until that is known. What waits for a
 * CPU does not count: blocked for so long, they wait little beside other tests.
 */
const LOADS = {
  auto: { each: 20, path: '/block?ms=10', pauseMs: 250 },
  always: { each: 20, path: '/spin?ms=3', pauseMs: 0 },
};

for (const rebalance of ['auto', 'always'] as const) {
  test(`two busy workers, ${rebalance}`, nativeOnly, async (t) => {
    const deck = await openDeck(t, { rebalance });
    for (let i = 0; i < 2; i++) await deck.worker(['http'], { file });
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => KeepAliveClient.open(deck.port)),
    );
    t.teardown(() => {
      for (const client of clients) client.destroy();
    });
    const { each, path, pauseMs } = LOADS[rebalance];
    const givenBack = () =>
      deck.dispatcher.stats().slots.reduce((sum, slot) => sum + slot.released, 0);
    let requests = 0;
    do {
      await Promise.all(
        clients.map(async (client) => {
          for (let i = 0; i < each; i++) {
            await client.get(path);
            if (pauseMs > 0) await delay(pauseMs);
          }
        }),
      );
      requests += clients.length * each;
    } while (givenBack() === 0);
    // The last ones are held.
    await settles(t, () => deck.dispatcher.stats(), { waiting: 0 });
    const { idle } = deck.dispatcher.stats();
    const released = givenBack();
    t.ok(released <= requests, `${released} given back, of ${requests} requests`);
    t.ok(idle.moved <= released, `${idle.moved} moves`);
    // Nobody asks for anything: for longer than the primary's look, nothing moves.
    await delay(1_200);
    const after = deck.dispatcher.stats();
    t.equal(after.idle.moved, idle.moved);
    t.ok(clients.every(({ ended }) => ended === null));
  });
}

test('clients that send byte by byte', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'always' });
  for (let i = 0; i < 2; i++) await deck.worker(['http'], { file });
  const slow = await Promise.all(Array.from({ length: 20 }, () => KeepAliveClient.open(deck.port)));
  const quick = await KeepAliveClient.open(deck.port);
  t.teardown(() => {
    for (const client of [...slow, quick]) client.destroy();
  });
  for (const client of slow) await client.get();
  await settles(t, () => deck.dispatcher.stats(), { idle: { held: slow.length, moved: 0 } });
  let isOver = false;
  const slowly = Promise.all(
    slow.map(async (client) => {
      for (const byte of 'GET / HTTP/1.1\r\nHost: here\r\n\r') {
        client.socket.write(byte);
        await delay(BETWEEN_BYTES_MS);
      }
      return client.send('\n');
    }),
  ).finally(() => {
    isOver = true;
  });
  let count = 0;
  while (!isOver) {
    await quick.get();
    count++;
  }
  const answers = await slowly;
  t.ok(answers.every(({ status }) => status === 200));
  t.ok(count > 20, `meanwhile another client had ${count} answers`);
  const { slots } = deck.dispatcher.stats();
  const released = slots.reduce((sum, slot) => sum + slot.released, 0);
  t.ok(released <= 2 * slow.length + count, `${released} given back, once per request at most`);
});
