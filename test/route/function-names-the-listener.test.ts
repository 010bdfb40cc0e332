// A route may be a function: it is told what is known of each connection, and names the listener. What it does wrong is an
// event, and such a connection is for the listener to which it came.

import { once } from 'node:events';
import net from 'node:net';
import type { ListenOptions, RoutedConnection, RouteFunction } from 'rondo';
import { type Test, test } from 'tap';
import { until } from '../fixtures/faults.js';
import { type Deck, nativeOnly, openDeck } from '../fixtures/harness.js';
import { STICKY_WORKER, secureVisit, visit } from '../fixtures/sticky.js';

const HOST = '127.0.0.1';

interface Scene extends Deck {
  /** Of the listener that has the route. */
  port: number;
  errors: Array<{ error: NodeJS.ErrnoException; listener: string }>;
  start(name: string, kind?: string): ReturnType<Deck['worker']>;
}

/** Listeners api and web without a socket, and front, which has the function. */
async function open(
  t: Test,
  route: RouteFunction,
  { pickTimeoutMs = 5_000, ...more }: Partial<ListenOptions> & { pickTimeoutMs?: number } = {},
): Promise<Scene> {
  const deck = await openDeck(t, { pickTimeoutMs });
  const errors: Scene['errors'] = [];
  deck.dispatcher.on('route:error', (error, { name }) => errors.push({ error, listener: name }));
  for (const name of ['api', 'web']) await deck.dispatcher.listen({ name, virtual: true });
  const front = await deck.dispatcher.listen({
    name: 'front',
    port: 0,
    host: HOST,
    route,
    ...more,
  });
  const { port } = front.address() as net.AddressInfo;
  const start = (name: string, kind = 'http') => deck.worker([kind, name], { file: STICKY_WORKER });
  return { ...deck, port, errors, start };
}

const named = async (port: number, host: string): Promise<string | undefined> =>
  (await visit(port, '/', { headers: { host } })).listener;

function statsOf({ dispatcher }: Deck, name: string) {
  return dispatcher.stats().listeners.find((one) => one.name === name);
}

test('by the host of a request', nativeOnly, async (t) => {
  const asked: RoutedConnection[] = [];
  const scene = await open(t, (connection) => {
    asked.push(connection);
    return connection.host?.endsWith('.api.example.com') ? 'api' : 'web';
  });
  const { port, errors } = scene;
  await Promise.all(['api', 'web'].map((name) => scene.start(name)));
  t.equal(await named(port, 'V2.API.example.com:8080'), 'api');
  t.equal(await named(port, 'www.example.com'), 'web');
  t.match(asked, [
    {
      host: 'v2.api.example.com',
      encrypted: false,
      address: HOST,
      port: Number,
      family: 'IPv4',
      listener: { name: 'front' },
    },
    { host: 'www.example.com' },
  ]);
  t.match(statsOf(scene, 'front'), { accepted: 2, routedOn: 2, routedHere: 0, closed: 0 });
  t.match(statsOf(scene, 'api'), { accepted: 0, routedOn: 0, routedHere: 1, closed: 0 });
  t.strictSame(errors, []);
});

test('by the server name, and the program ends TLS', nativeOnly, async (t) => {
  const asked: RoutedConnection[] = [];
  const scene = await open(t, (connection) => {
    asked.push(connection);
    return connection.host === 'api.example.com' ? 'api' : 'web';
  });
  await Promise.all(['api', 'web'].map((name) => scene.start(name, 'https')));
  t.match(await secureVisit(scene.port, 'api.example.com'), { listener: 'api' });
  t.match(await secureVisit(scene.port, ''), { listener: 'web' }, 'a client that names none');
  t.match(asked, [
    { host: 'api.example.com', encrypted: true },
    { host: null, encrypted: true },
  ]);
  t.strictSame(scene.errors, []);
});

test('one that is silent, and one that is neither TLS nor HTTP', nativeOnly, async (t) => {
  const asked: RoutedConnection[] = [];
  const scene = await open(
    t,
    (connection) => {
      asked.push(connection);
      return 'api';
    },
    { lookTimeoutMs: 100 },
  );
  await scene.start('api');
  for (const text of ['', '\0nothing of the kind']) {
    const socket = net.connect(scene.port, HOST);
    await once(socket, 'connect');
    const port = socket.localPort;
    if (text !== '') socket.write(text);
    await until('it is asked about', () => asked.some((one) => one.port === port));
    t.match(asked.at(-1), { host: null, encrypted: false, port });
    socket.destroy();
  }
  t.strictSame(scene.errors, []);
});

test('names lead to whoever has them now', nativeOnly, async (t) => {
  const scene = await open(t, ({ host }) => host);
  await Promise.all(['api', 'web'].map((name) => scene.start(name)));
  t.equal(await named(scene.port, 'api'), 'api');
  await scene.dispatcher.openListeners.find(({ name }) => name === 'api')?.close();
  await t.rejects(named(scene.port, 'api'), { code: 'ECONNRESET' });
  await until('it is told', () => scene.errors.length > 0);
  t.match(scene.errors, [
    { error: { code: 'ERR_RONDO_BAD_ROUTE', message: /'front' answered 'api', which is no open/ } },
  ]);
  await scene.dispatcher.listen({ name: 'api', virtual: true });
  t.equal(await named(scene.port, 'api'), 'api', 'it is asked anew for each connection');
});

test('undefined and null leave it to the listener itself', nativeOnly, async (t) => {
  const scene = await open(t, ({ host }) => (host === 'null' ? null : undefined));
  await scene.start('web');
  await t.rejects(named(scene.port, 'a.example'), { code: 'ECONNRESET' }, 'which nobody serves');
  t.match(statsOf(scene, 'front'), { closed: 1, routedOn: 0 });
  await scene.start('front');
  t.equal(await named(scene.port, 'a.example'), 'front');
  t.equal(await named(scene.port, 'null'), 'front');
  t.strictSame(scene.errors, []);
});

const wrong: Array<[string, RouteFunction, RegExp]> = [
  [
    'throws',
    () => {
      throw new Error('as the test wants it');
    },
    /threw an error/,
  ],
  ['names nobody', () => 'nobody', /answered 'nobody', which is no open listener/],
  ['answers a promise', (async () => 'api') as never, /answered Promise/],
  ['answers a number', (() => 1) as never, /answered 1/],
  ['names one with routes', () => 'second', /answered 'second', which is no open listener without/],
];
for (const [what, route, message] of wrong) {
  test(`a function that ${what}`, nativeOnly, async (t) => {
    const scene = await open(t, route);
    await scene.dispatcher.listen({
      name: 'second',
      port: 0,
      host: HOST,
      route: { default: 'api' },
    });
    await scene.start('front');
    for (let i = 0; i < 5; i++) {
      t.equal(await named(scene.port, 'api.example.com'), 'front', 'served all the same');
    }
    await until('it is told', () => scene.errors.length > 0);
    t.match(scene.errors[0], {
      error: { code: 'ERR_RONDO_BAD_ROUTE', message },
      listener: 'front',
    });
    if (what === 'throws') {
      t.match(scene.errors[0]?.error.cause, { message: 'as the test wants it' });
    }
    t.ok(scene.errors.length <= 2, `${scene.errors.length} events in about a second`);
  });
}

test('a function that takes too long', nativeOnly, async (t) => {
  const scene = await open(
    t,
    () => {
      const end = performance.now() + 60;
      while (performance.now() < end);
      return 'api';
    },
    { pickTimeoutMs: 10 },
  );
  await Promise.all(['api', 'front'].map((name) => scene.start(name)));
  t.equal(
    await named(scene.port, 'a.example'),
    'front',
    'the listener itself, and not what it said',
  );
  await until('it is told', () => scene.errors.length > 0);
  t.match(scene.errors[0]?.error, { code: 'ERR_RONDO_BAD_ROUTE', message: /no answer in time/ });
});

test('the listener that it names asks its own policy', nativeOnly, async (t) => {
  const questions: string[] = [];
  const scene = await open(t, () => {
    questions.push('route');
    return 'named';
  });
  await scene.dispatcher.listen({
    name: 'named',
    virtual: true,
    policy(connections, slots) {
      questions.push('policy');
      return connections.map(() => slots.at(-1)?.id ?? null);
    },
  });
  await scene.start('named');
  const { pid } = await scene.start('named');
  for (let i = 0; i < 3; i++) t.match(await visit(scene.port, '/'), { pid, listener: 'named' });
  t.strictSame(questions, ['route', 'policy', 'route', 'policy', 'route', 'policy']);
  t.strictSame(scene.errors, []);
});

test('in a storm, and without workers of its own', nativeOnly, async (t) => {
  const scene = await open(t, ({ host }) => host);
  await Promise.all(['api', 'web'].map((name) => scene.start(name)));
  const hosts = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 'api' : 'web'));
  const served = await Promise.all(hosts.map((host) => named(scene.port, host)));
  t.strictSame(served, hosts, 'each by whom it is for');
  t.match(statsOf(scene, 'front'), { accepted: 200, routedOn: 200, closed: 0 });
  t.strictSame(scene.errors, []);
});

test('with ipc there are no routes', async (t) => {
  const { dispatcher } = await openDeck(t, { transport: 'ipc' });
  await t.rejects(
    dispatcher.listen({ name: 'front', port: 0, host: HOST, route: () => undefined }),
    { code: 'ERR_RONDO_NATIVE_MISSING' },
  );
});
