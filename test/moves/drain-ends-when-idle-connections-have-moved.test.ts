// A draining worker gives idle connections to the others in place of closing them, at once, and those that are in work
// when they are answered. Clients notice nothing: no response says `Connection: close`. What cannot move is closed as
// without that.

import { test } from 'tap';
import { settles } from '../fixtures/faults.js';
import { fixture, nativeOnly, openDeck, untilGone } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

const file = fixture('moving-worker.mjs');
const CLIENTS = 32;
const MANY = 800;

async function openClients(port: number, count = CLIENTS): Promise<KeepAliveClient[]> {
  return Promise.all(Array.from({ length: count }, () => KeepAliveClient.open(port)));
}

test('only idle ones', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'off' });
  const first = await deck.worker(['http'], { file });
  const clients = await openClients(deck.port);
  await Promise.all(clients.slice(0, -1).map((client) => client.get()));
  // The last one has never sent anything.
  await settles(t, () => deck.dispatcher.stats().slots[0], { open: CLIENTS });
  const second = await deck.worker(['http'], { file });
  first.send({ do: 'drain', options: { moves: true } });
  const { counts, ms } = (await first.event('drained')) as { counts: object; ms: number };
  t.match(counts, { open: CLIENTS, moved: CLIENTS, idle: 0, destroyed: 0 });
  t.ok(ms < 250, `${ms} ms`);
  await settles(t, () => deck.dispatcher.stats(), { idle: { held: CLIENTS, moved: 0 } });
  const gone = untilGone(deck.dispatcher, first.slot);
  first.child.disconnect();
  await gone;
  const answers = await Promise.all(clients.map((client) => client.get()));
  t.ok(answers.every(({ body }) => Number(body) === second.pid));
  t.ok(clients.every(({ ended }) => ended === null));
  for (const client of clients) client.destroy();
});

// More than the channel has room for at once. The end of the process is not to take what is still to be sent along.
test('many, and an end right after', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'off' });
  const first = await deck.worker(['http'], { file });
  const clients = await openClients(deck.port, MANY);
  await Promise.all(clients.map((client) => client.get()));
  const second = await deck.worker(['http'], { file });
  first.send({ do: 'drain', options: { moves: true } });
  t.match(await first.event('drained'), { counts: { open: MANY, moved: MANY } });
  await first.kill();
  const answers = await Promise.all(clients.map((client) => client.get()));
  t.ok(answers.every(({ body }) => Number(body) === second.pid));
  for (const client of clients) client.destroy();
});

test('one in work', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'off' });
  const first = await deck.worker(['http'], { file });
  const [client, held] = (await openClients(deck.port, 2)) as [KeepAliveClient, KeepAliveClient];
  t.teardown(() => client.destroy());
  await held.get('/hold');
  const waits = client.get('/wait');
  await first.event('waits');
  const second = await deck.worker(['http'], { file });
  first.send({ do: 'drain', options: { moves: true, idleGraceMs: 50 } });
  await settles(t, () => held.ended, 'end' as never, 'what cannot move is closed after the grace');
  first.send({ do: 'answer' });
  const { head, body } = await waits;
  t.equal(Number(body), first.pid);
  t.notMatch(head, /connection: close/);
  t.match(await first.event('drained'), { counts: { open: 2, moved: 1, idle: 1, destroyed: 0 } });
  t.equal(Number((await client.get()).body), second.pid);
});

test('a server that is closed', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'always' });
  const workers = [await deck.worker(['http'], { file }), await deck.worker(['http'], { file })];
  const clients = await openClients(deck.port);
  let isOver = false;
  const pids = new Set<number>();
  const steady = clients.map(async (client) => {
    while (!isOver) pids.add(Number((await client.get('/spin?ms=0.2')).body));
  });
  await settles(t, () => pids.size, 2 as never);
  // Those that wait move at once, and those in work when their responses have been sent.
  workers[0]?.send({ do: 'close' });
  await workers[0]?.event('closed');
  pids.clear();
  await settles(t, () => pids.size, 1 as never);
  isOver = true;
  await Promise.all(steady);
  t.strictSame([...pids], [workers[1]?.pid]);
  t.ok(clients.every(({ ended }) => ended === null));
  for (const client of clients) client.destroy();
});

test('options', nativeOnly, async (t) => {
  const { drain } = await import('rondo/drain');
  const server = process.getBuiltinModule('node:net').createServer();
  t.throws(() => drain(server, { moves: 1 as never }), {
    code: 'ERR_RONDO_INVALID_OPTION',
    message: /'moves'.*1/,
  });
  t.throws(() => drain(server, { moves: true }), { code: 'ERR_RONDO_NOT_A_WORKER' });
});
