// A program sees its own listeners of `process` and no other: as many as without rondo, under every
// way of looking; and when it removes them all, rondo still works.

import type events from 'node:events';
import { once } from 'node:events';
import type http from 'node:http';
import type http2 from 'node:http2';
import { createRequire } from 'node:module';
import type net from 'node:net';
import { test } from 'tap';
import { preloaded, type Scope, startSupervised, ways } from '../fixtures/supervised.js';

const EVENTS = [
  'uncaughtException',
  'uncaughtExceptionMonitor',
  'unhandledRejection',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGUSR2',
  'SIGTTIN',
  'SIGTTOU',
  'exit',
];

async function serve(scope: Scope): Promise<number> {
  const { createServer } = scope.require('node:http') as typeof http;
  return scope.listen(createServer((_request, response) => response.end('answer')));
}

/** Names of what it sees though it has not added it. */
function look({ require }: Scope, names: string[]): string[] {
  const { EventEmitter, getEventListeners } = require('node:events') as typeof events;
  const emitter = process as unknown as NodeJS.EventEmitter;
  return names.filter(
    (name) =>
      emitter.listenerCount(name) > 0 ||
      emitter.listeners(name).length > 0 ||
      emitter.rawListeners(name).length > 0 ||
      emitter.eventNames().includes(name) ||
      EventEmitter.listenerCount(emitter, name) > 0 ||
      getEventListeners(emitter, name).length > 0 ||
      EventEmitter.prototype.listenerCount.call(emitter, name) > 0,
  );
}

for (const way of ways) {
  test(`none is seen, ${way.name}`, way.options, async (t) => {
    const worker = await startSupervised(t, way, { settings: { guard: true } });
    await worker.run(serve);
    t.strictSame(await worker.run(look, EVENTS), []);
    t.notOk(await worker.run(() => Object.keys(process).includes('emit')));
  });
}

interface Counts {
  [emitter: string]: Record<string, number>;
}

/** Of a server that listens, a connection of it, and a session; also run here, where there is no rondo. */
async function count({ require, listen }: Pick<Scope, 'require' | 'listen'>): Promise<Counts> {
  const { once } = require('node:events') as typeof events;
  const { createServer } = require('node:http') as typeof http;
  const { connect, createServer: createServer2 } = require('node:http2') as typeof http2;
  const countsOf = (emitter: NodeJS.EventEmitter): Record<string, number> =>
    Object.fromEntries(
      emitter.eventNames().map((name) => [String(name), emitter.rawListeners(name).length]),
    );
  const found: Counts = {};
  const server = createServer((_request, response) => response.end('answer'));
  server.once('connection', (socket) => {
    found.socket = countsOf(socket);
  });
  const answer = await fetch(`http://127.0.0.1:${await listen(server)}`);
  await answer.text();
  found.server = countsOf(server);
  const server2 = createServer2((_request, response) => response.end('answer'));
  server2.once('session', (session) => {
    found.session = countsOf(session);
  });
  const client = connect(`http://127.0.0.1:${await listen(server2)}`);
  const stream = client.request();
  await once(stream.resume(), 'end');
  client.close();
  found.server2 = countsOf(server2);
  for (const one of [server, server2]) one.close();
  return found;
}

test('nor those of a server, a socket or a session', preloaded.options, async (t) => {
  const require = createRequire(import.meta.url);
  const listen: Scope['listen'] = async (server) => {
    await once((server as net.Server).listen(0, '127.0.0.1'), 'listening');
    return ((server as net.Server).address() as net.AddressInfo).port;
  };
  const plain = await count({ require, listen });
  t.ok((plain.server?.connection ?? 0) > 0);
  for (const way of ways) {
    const worker = await startSupervised(t, way);
    t.strictSame(await worker.run(count), plain, way.name);
  }
});

test('all are removed, and it still drains', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(serve);
  await worker.run((_scope, names) => {
    for (const name of names) {
      process.on(name, () => {});
      process.removeAllListeners(name);
    }
  }, EVENTS);
  process.kill(worker.pid, 'SIGTERM');
  t.match(await worker.told('NODE_SUPERVISE_SIGNAL'), { signal: 'SIGTERM' });
  t.match(await worker.exit(), { code: 0, signal: null, isAsked: true });
});

test('a preload that has listened before rondo changes nothing', preloaded.options, async (t) => {
  const directory = t.testdir({ 'early.cjs': "process.once('SIGTERM', () => {});" });
  const env = { NODE_OPTIONS: `--require ${directory}/early.cjs` };
  const worker = await startSupervised(t, preloaded, { env });
  await worker.run(serve);
  process.kill(worker.pid, 'SIGTERM');
  t.match(await worker.told('NODE_SUPERVISE_SIGNAL'), { signal: 'SIGTERM' });
});

test("others' process.emit is heeded", preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(() => {
    const { emit } = process;
    // As signal-exit does.
    process.emit = function patched(this: NodeJS.Process, name: string, ...args: unknown[]) {
      if (name === 'SIGTERM') process.send?.({ event: 'patch', args });
      return Reflect.apply(emit, this, [name, ...args]);
    } as typeof process.emit;
    process.on('SIGTERM', () => process.exit(3));
  });
  worker.drain();
  t.strictSame((await worker.event('patch')).args, ['SIGTERM', 15]);
  t.match(await worker.exit(), { code: 3 });
});

test('what comes and goes of them is seen by nobody', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(serve);
  await worker.run(() => {
    const seen: string[] = [];
    process.on('removeListener', (name) => seen.push(`off ${String(name)}`));
    process.on('newListener', (name) => seen.push(`on ${String(name)}`));
    process.on('SIGTERM', () => {
      process.send?.({ event: 'seen', seen });
      process.exit(7);
    });
  });
  worker.drain({});
  t.strictSame((await worker.event('seen')).seen, ['on SIGTERM']);
  t.match(await worker.exit(), { code: 7 });
});
