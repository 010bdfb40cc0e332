// Whatever lives longer than a request can say goodbye: the process and every open socket emit
// 'rondo:drain'. What does not listen is destroyed in the end.

import { once } from 'node:events';
import type http from 'node:http';
import type net from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import * as ws from 'ws';
import { openClient, until } from '../fixtures/faults.js';
import { preloaded, type Scope, startSupervised, ways } from '../fixtures/supervised.js';

async function serveTcp(scope: Scope): Promise<number> {
  const { createServer } = scope.require('node:net') as typeof net;
  const heard: Array<[who: string, timeoutMs: number]> = [];
  scope.heard = heard;
  const emitter: NodeJS.EventEmitter = process;
  emitter.on('rondo:drain', ({ timeoutMs }) => heard.push(['process', timeoutMs]));
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (name) => {
      socket.write('hello ');
      if (String(name) !== 'polite') return;
      socket.on('rondo:drain', ({ timeoutMs }) => {
        heard.push(['socket', timeoutMs]);
        socket.end('bye');
      });
    });
  });
  return scope.listen(server);
}

async function serveWebSockets(scope: Scope): Promise<number> {
  const { createServer } = scope.require('node:http') as typeof http;
  const { WebSocketServer } = scope.require('ws') as typeof ws;
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (client, request) => {
    client.on('message', (data) => client.send(`${data}`));
    request.socket.on('rondo:drain', () => client.close(1001, 'this server goes'));
  });
  return scope.listen(server);
}

for (const way of ways) {
  test(`TCP, ${way.name}`, way.options, async (t) => {
    const worker = await startSupervised(t, way);
    const port = await worker.run(serveTcp);
    const [polite, deaf] = await Promise.all([openClient(port), openClient(port)]);
    polite.write('polite');
    deaf.write('deaf');
    const said = [once(polite, 'data'), once(deaf, 'data')];
    await Promise.all(said);
    worker.drain({ idleGraceMs: 20, drainTimeoutMs: 700 });
    t.equal(await text(polite), 'bye');
    const heard = (await worker.run(({ heard }) => heard)) as Array<[string, number]>;
    t.strictSame(
      heard.map(([who]) => who),
      ['process', 'socket'],
    );
    for (const [, timeoutMs] of heard)
      t.ok(timeoutMs > 0 && timeoutMs <= 700, 'with the time left');
    t.equal(deaf.destroyed, false, 'a connection that is not HTTP is never idle');
    await once(deaf.resume(), 'close');
    t.match(await worker.drained(), { open: 2, idle: 0, destroyed: 1 });
  });
}

test('WebSocket', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serveWebSockets);
  const client = new ws.WebSocket(`ws://127.0.0.1:${port}`);
  await once(client, 'open');
  client.send('there');
  await once(client, 'message');
  const closed = once(client, 'close');
  worker.drain();
  const [code, reason] = await closed;
  t.strictSame([code, String(reason)], [1001, 'this server goes']);
  t.match(await worker.drained(), { open: 1, idle: 0, destroyed: 0 });
});

test('one that begins to listen later', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serveTcp);
  const client = await openClient(port);
  const isThere = ({ server }: Scope): boolean =>
    (server as net.Server & { _connections: number })._connections === 1;
  await until('it is there', () => worker.run(isThere));
  worker.drain({ drainTimeoutMs: 60_000 });
  await worker.run(() => {});
  client.write('polite');
  t.equal(await text(client), 'hello bye');
  t.match(await worker.drained(), { destroyed: 0 });
});
