// A connection that waits in the primary is closed when the worker would have closed it: `keepAliveTimeout`, and Node's
// buffer, after its last response, whatever of that had passed when it moved. One without that time stays.

import { test } from 'tap';
import { settles, until } from '../fixtures/faults.js';
import { fixture, nativeOnly, openDeck } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

/** Without Node's own buffer, where it can be set; else a second more. */
const BUFFER_MS = hasBuffer() ? 0 : 1_000;
const file = fixture('moving-worker.mjs');

function hasBuffer(): boolean {
  const http = process.getBuiltinModule('node:http');
  return 'keepAliveTimeoutBuffer' in http.createServer();
}

async function closedAfter(client: KeepAliveClient): Promise<number> {
  const at = performance.now();
  await until('it is closed', () => client.ended !== null);
  return performance.now() - at;
}

test('after a response', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'always' });
  for (let i = 0; i < 2; i++) await deck.worker(['http', '--keep-alive=600'], { file });
  const client = await KeepAliveClient.open(deck.port);
  await client.get();
  await client.get();
  const ms = await closedAfter(client);
  t.ok(Math.abs(ms - 600 - BUFFER_MS) < 100, `${ms} ms`);
  t.equal(client.ended, 'end', 'in order');
  await settles(t, () => deck.dispatcher.stats(), { idle: { moved: 1, timedOut: 1, held: 0 } });
});

test('of which a part had passed', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'off' });
  const worker = await deck.worker(['http', '--keep-alive=900'], { file });
  const client = await KeepAliveClient.open(deck.port);
  await client.get();
  const at = performance.now();
  await until('a part has passed', () => performance.now() - at > 400);
  worker.send({ do: 'drain', options: { moves: true } });
  t.match(await worker.event('drained'), { counts: { open: 1, moved: 1 } });
  await settles(t, () => deck.dispatcher.stats(), { idle: { held: 1 } });
  await closedAfter(client);
  const ms = performance.now() - at;
  t.ok(Math.abs(ms - 900 - BUFFER_MS) < 100, `${ms} ms`);
});

test('none', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'always' });
  for (let i = 0; i < 2; i++) await deck.worker(['http', '--keep-alive=0'], { file });
  const client = await KeepAliveClient.open(deck.port);
  t.teardown(() => client.destroy());
  await client.get();
  const at = performance.now();
  await until('longer than any', () => performance.now() - at > 1_500);
  t.equal(client.ended, null);
  t.equal((await client.get()).status, 200);
});
