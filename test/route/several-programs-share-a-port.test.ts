// Which program serves a connection is said by the server name of its ClientHello, which nobody but the program ends, or
// by the host of its first request; what matches nothing goes to the default, or to the listener's own program.

import { type Test, test } from 'tap';
import { type Deck, nativeOnly, openDeck } from '../fixtures/harness.js';
import { STICKY_WORKER, secureVisit, visit } from '../fixtures/sticky.js';

const HOST = '127.0.0.1';

async function open(t: Test, kind: string, route: Record<string, string>, more: object = {}) {
  const deck = await openDeck(t);
  for (const name of ['api', 'web']) await deck.dispatcher.listen({ name, virtual: true, ...more });
  const listener = await deck.dispatcher.listen({ name: 'front', port: 0, host: HOST, route });
  const workers = {
    api: await deck.worker([kind, 'api'], { file: STICKY_WORKER }),
    web: await deck.worker([kind, 'web'], { file: STICKY_WORKER }),
  };
  const { port } = listener.address() as { port: number };
  return { deck, listener, port, workers };
}

const named = async (port: number, host: string): Promise<string | undefined> =>
  (await visit(port, '/', { headers: { host } })).listener;

test('by the host of a request', nativeOnly, async (t) => {
  const { port } = await open(t, 'http', {
    'api.example.com': 'api',
    '*.example.com': 'web',
    '*.api.example.com': 'api',
    default: 'web',
  });
  t.equal(await named(port, 'api.example.com'), 'api');
  t.equal(await named(port, 'API.Example.com:8080'), 'api', 'whatever its case and port');
  t.equal(await named(port, 'www.example.com'), 'web', 'by a pattern');
  t.equal(await named(port, 'v2.api.example.com'), 'api', 'the longer one first');
  t.equal(await named(port, 'elsewhere.example'), 'web', 'else the default');
});

test('by the server name, and the program ends TLS', nativeOnly, async (t) => {
  const { port, workers } = await open(t, 'https', { 'api.example.com': 'api', default: 'web' });
  t.match(await secureVisit(port, 'api.example.com'), { listener: 'api', pid: workers.api.pid });
  t.match(await secureVisit(port, 'www.example.com'), { listener: 'web', pid: workers.web.pid });
});

test('what matches nothing is closed if nobody serves it', nativeOnly, async (t) => {
  const { port, listener, deck } = await open(t, 'http', { 'api.example.com': 'api' });
  await t.rejects(named(port, 'elsewhere.example'), { code: 'ECONNRESET' });
  t.equal(closedOf(deck, listener.id), 1, 'and counted');
  await deck.worker(['http', 'front'], { file: STICKY_WORKER });
  t.equal(await named(port, 'elsewhere.example'), 'front', "or is its own program's");
});

const closedOf = (deck: Deck, id: number): number | undefined =>
  deck.dispatcher.stats().listeners.find((one) => one.id === id)?.closed;

test('a program that is away does not hold up the others', nativeOnly, async (t) => {
  const { port, workers, deck } = await open(t, 'http', {
    'api.example.com': 'api',
    'web.example.com': 'web',
  });
  await workers.api.kill();
  const waits = named(port, 'api.example.com');
  for (let i = 0; i < 20; i++) t.equal(await named(port, 'web.example.com'), 'web');
  await deck.worker(['http', 'api'], { file: STICKY_WORKER });
  t.equal(await waits, 'api', 'its connections wait for its next worker');
});

test('a program has its own sessions', nativeOnly, async (t) => {
  const { port, deck } = await open(
    t,
    'http',
    { 'api.example.com': 'api', default: 'web' },
    { sticky: 'query:sid' },
  );
  await deck.worker(['http', 'api'], { file: STICKY_WORKER });
  const pids = new Map<string, Set<number>>();
  for (let i = 0; i < 24; i++) {
    const sid = `${i % 4}`;
    const seen = await visit(port, `/?sid=${sid}`, { headers: { host: 'api.example.com' } });
    t.equal(seen.listener, 'api');
    pids.set(sid, (pids.get(sid) ?? new Set()).add(seen.pid));
  }
  t.ok(
    [...pids.values()].every((its) => its.size === 1),
    'each with one worker',
  );
  t.equal(new Set([...pids.values()].flatMap((its) => [...its])).size, 2, 'of both');
  t.equal((await visit(port, '/?sid=1')).listener, 'web');
});

test('names lead to whoever has them now', nativeOnly, async (t) => {
  const { port, deck, workers } = await open(t, 'http', {
    'api.example.com': 'api',
    default: 'web',
  });
  const api = deck.dispatcher.openListeners.find(({ name }) => name === 'api');
  await api?.close();
  await t.rejects(
    named(port, 'api.example.com'),
    { code: 'ECONNRESET' },
    'closed with its listener',
  );
  await deck.dispatcher.listen({ name: 'api', virtual: true });
  t.equal(
    await named(port, 'api.example.com'),
    'api',
    'served by the worker that has attached by its name',
  );
  t.ok(workers.api.child.exitCode === null);
});

test('wrong routes are refused', nativeOnly, async (t) => {
  const { dispatcher } = await openDeck(t);
  const invalid = { code: 'ERR_RONDO_INVALID_OPTION' };
  const at = { name: 'front', port: 0, host: HOST };
  await t.rejects(dispatcher.listen({ ...at, route: { 'a.example': 'api' } }), {
    ...invalid,
    message: /route\['a.example'\].*the name of an open listener.*Received 'api'/,
  });
  for (const route of [{}, { 'not a host': 'default' }, { 'a.example': 1 }, [], 'api'] as never[]) {
    await t.rejects(dispatcher.listen({ ...at, route }), invalid);
  }
  await t.rejects(dispatcher.listen({ virtual: true, port: 0 }), invalid);
  await t.rejects(dispatcher.listen({ name: 'v', virtual: true, maxConnections: 1 }), invalid);
  const front = await dispatcher.listen({ ...at, route: { default: 'default' } });
  await t.rejects(
    dispatcher.listen({ ...at, name: 'b', route: { default: 'front' } }),
    invalid,
    'no routes of routes',
  );
  await front.close();
});
