// An idle connection is closed only when nothing has arrived on it. The worker is kept busy between
// reading and closing, so that requests arrive just there; each that was sent before its connection
// was closed must be answered. Both processes read the same monotonic clock.

import type http from 'node:http';
import type net from 'node:net';
import { test } from 'tap';
import { openClient, until } from '../fixtures/faults.js';
import { preloaded, type Scope, startSupervised } from '../fixtures/supervised.js';

const CLIENTS = 60;
const GRACE_MS = 300;
/** When the first one sends, and how long after it the next. */
const FIRST_MS = 200;
const STEP_MS = 6;

const REQUEST = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n';

/** Serves, and notes when each connection's end begins, by the client's port. */
async function serve(scope: Scope): Promise<number> {
  const { createServer } = scope.require('node:http') as typeof http;
  const server = createServer((_request, response) => response.end('answer'));
  const closed: Record<string, string> = {};
  scope.closed = closed;
  server.on('connection', (socket) => {
    const { remotePort, destroy, removeAllListeners } = socket;
    const note = () => {
      closed[String(remotePort)] ??= String(process.hrtime.bigint());
    };
    // The first thing once it has been ended.
    socket.removeAllListeners = function watched(...args) {
      note();
      return removeAllListeners.apply(this, args);
    };
    socket.destroy = function watched(...args) {
      note();
      return destroy.apply(this, args);
    };
  });
  return scope.listen(server);
}

/** Blocks the loop right before what is due in the same turn, again and again. */
function stayBusy(): void {
  const spin = (): void => {
    const end = performance.now() + 50;
    while (performance.now() < end);
    setImmediate(spin);
  };
  setImmediate(spin);
}

interface Client {
  socket: net.Socket;
  port: string;
  received: string;
  sentAt: bigint | null;
}

test('requests around the moment of closing', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serve);
  const clients: Client[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const socket = await openClient(port);
    const client: Client = { socket, port: String(socket.localPort), received: '', sentAt: null };
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      client.received += chunk;
    });
    clients.push(client);
    socket.write(REQUEST);
  }
  await until('all have an answer', () => clients.every((one) => one.received.endsWith('answer')));
  await worker.run(stayBusy);
  worker.drain({ idleGraceMs: GRACE_MS });
  for (const [index, client] of clients.entries()) {
    client.received = '';
    setTimeout(
      () => {
        if (client.socket.destroyed || !client.socket.writable) return;
        client.socket.write(REQUEST);
        client.sentAt = process.hrtime.bigint();
      },
      FIRST_MS + index * STEP_MS,
    );
  }
  const closed = await worker.run(
    ({ closed }, count) =>
      new Promise<Record<string, string>>((resolve) => {
        const look = setInterval(() => {
          if (Object.keys(closed as object).length < count) return;
          clearInterval(look);
          resolve(closed as Record<string, string>);
        }, 5);
      }),
    CLIENTS,
  );
  await until('all are closed', () => clients.every(({ socket }) => socket.destroyed));
  const before = clients.filter(({ port, sentAt }) => {
    const closedAt = closed[port];
    return sentAt !== null && closedAt !== undefined && sentAt < BigInt(closedAt);
  });
  const unanswered = before.filter(({ received }) => !received.endsWith('answer'));
  const { open, idle, destroyed } = await worker.drained();
  t.comment(`sent in time: ${before.length}, closed as idle: ${idle}`);
  t.strictSame({ open, destroyed }, { open: CLIENTS, destroyed: 0 });
  t.ok(before.length > 0 && idle > 0, 'some were in time and some were not');
  t.equal(unanswered.length, 0, 'each that was in time is answered');
});
