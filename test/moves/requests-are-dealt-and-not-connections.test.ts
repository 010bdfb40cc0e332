// With `rebalance: 'always'` a connection goes back to the primary after each response, so that its next request is
// dealt like a new connection. Its client notices nothing. With 'off' it stays, and so does what cannot move.

import { createHash, randomBytes } from 'node:crypto';
import { Dispatcher, type Rebalance } from 'rondo';
import { test } from 'tap';
import { settles, until } from '../fixtures/faults.js';
import { type Deck, fixture, nativeOnly, openDeck, type Worker } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

const FILE = { file: fixture('moving-worker.mjs') };

async function openPair(deck: Deck): Promise<Worker[]> {
  return [await deck.worker(['http'], FILE), await deck.worker(['http'], FILE)];
}

function tallied(pids: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const pid of pids) counts[pid] = (counts[pid] ?? 0) + 1;
  return counts;
}

test('in turn', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'always' });
  const workers = await openPair(deck);
  const client = await KeepAliveClient.open(deck.port);
  t.teardown(() => client.destroy());
  const pids: string[] = [];
  for (let i = 0; i < 40; i++) pids.push((await client.get()).body.toString());
  // One that has not come to rest when its turn comes is passed over.
  const counts = tallied(pids);
  t.strictSame(Object.keys(counts).sort(), workers.map(({ pid }) => String(pid)).sort());
  for (const count of Object.values(counts)) t.ok(count >= 15 && count <= 25, `${count} of 40`);
  t.equal(client.ended, null);
  await settles(t, () => deck.dispatcher.stats(), { accepted: 1, idle: { held: 1, moved: 39 } });
  let connections = 0;
  for (const worker of workers) {
    worker.send({ do: 'stats' });
    const figures = await worker.event('stats');
    t.equal(figures['connections'], figures['closes'], 'as many end as begin');
    connections += figures['connections'] as number;
  }
  t.equal(connections, 40, 'each is a connection to the program');
});

test('off', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'off' });
  await openPair(deck);
  const client = await KeepAliveClient.open(deck.port);
  t.teardown(() => client.destroy());
  const pids = new Set<string>();
  for (let i = 0; i < 40; i++) pids.add((await client.get('/spin?ms=2')).body.toString());
  t.equal(pids.size, 1);
  t.match(deck.dispatcher.stats(), { idle: { held: 0, moved: 0 } });
  deck.dispatcher.configure({ rebalance: 'always' });
  await until('it moves', async () => {
    pids.add((await client.get()).body.toString());
    return pids.size === 2;
  });
});

test('one worker alone', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'always' });
  await deck.worker(['http'], FILE);
  const client = await KeepAliveClient.open(deck.port);
  t.teardown(() => client.destroy());
  for (let i = 0; i < 10; i++) await client.get();
  t.match(deck.dispatcher.stats(), { idle: { held: 0, moved: 0 } });
});

test('two requests in one packet', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'always' });
  await openPair(deck);
  const client = await KeepAliveClient.open(deck.port);
  t.teardown(() => client.destroy());
  for (let i = 0; i < 200; i++) {
    const two = 'GET /a HTTP/1.1\r\nHost: here\r\n\r\nGET /b HTTP/1.1\r\nHost: here\r\n\r\n';
    const [first, second] = await Promise.all([client.send(two), client.answer()]);
    t.equal(first.body.toString(), second.body.toString(), 'both by who has read them');
  }
});

test('a body larger than the socket buffer', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'always' });
  await openPair(deck);
  const client = await KeepAliveClient.open(deck.port);
  t.teardown(() => client.destroy());
  const body = randomBytes(12 * 1024 * 1024);
  const sha1 = createHash('sha1').update(body).digest('hex');
  const pids = new Set<string>();
  for (let i = 0; i < 6; i++) {
    const [hash, pid] = (await client.post('/', body)).body.toString().split(' ');
    t.equal(hash, sha1);
    pids.add(pid as string);
  }
  t.equal(pids.size, 2);
});

for (const path of ['/hold', '/keep']) {
  test(`a socket that the program holds: ${path}`, nativeOnly, async (t) => {
    const deck = await openDeck(t, { rebalance: 'always' });
    await openPair(deck);
    const client = await KeepAliveClient.open(deck.port);
    t.teardown(() => client.destroy());
    const pid = (await client.get(path)).body.toString();
    const { idle } = deck.dispatcher.stats();
    for (let i = 0; i < 20; i++) t.equal((await client.get()).body.toString(), pid);
    t.match(deck.dispatcher.stats(), { idle });
  });
}

test('an upgraded one', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'always' });
  await openPair(deck);
  const client = await KeepAliveClient.open(deck.port);
  t.teardown(() => client.destroy());
  await client.get();
  const upgrade = 'GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';
  t.equal((await client.send(upgrade)).status, 101);
  let text = '';
  client.socket.removeAllListeners('data').on('data', (chunk) => {
    text += chunk;
  });
  let sent = '';
  for (let i = 0; i < 50; i++) {
    client.socket.write(`${i},`);
    sent += `${i},`;
    await until('it is echoed', () => text === sent);
  }
  t.match(deck.dispatcher.stats(), { idle: { moved: 1, held: 0 } });
});

function openIpc(rebalance: Rebalance): Dispatcher {
  return new Dispatcher({ transport: 'ipc', rebalance });
}

test('the ipc transport', async (t) => {
  t.throws(() => openIpc('always'), { code: 'ERR_RONDO_NATIVE_MISSING', message: /'rebalance'/ });
  const dispatcher = openIpc('auto');
  t.throws(() => dispatcher.configure({ rebalance: 'always' }), {
    code: 'ERR_RONDO_NATIVE_MISSING',
  });
  dispatcher.configure({ rebalance: 'off' });
  await dispatcher.close();
});
