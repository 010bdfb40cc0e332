// An idle connection is ended as RFC 9112, 9.6, says: for writing, and read until the client has ended it. A
// request that crosses the end gets the end and no reset, and the program does not see it.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type http from 'node:http';
import type https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { test } from 'tap';
import { openClient, until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';
import { preloaded, type Scope, startSupervised, ways } from '../fixtures/supervised.js';

const cert = readFileSync(fixture('localhost-cert.pem'), 'utf8');
const key = readFileSync(fixture('localhost-key.pem'), 'utf8');

const CLIENTS = 30;
const GRACE_MS = 200;
const STEP_MS = 4;
const REQUEST = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n';

/** Serves, and counts. With `closeMs` the loop is blocked for so long right before each close. */
async function serve(scope: Scope, pair: object | null, closeMs: number): Promise<number> {
  const answer: http.RequestListener = (_request, response) => {
    scope.requests = (scope.requests as number) + 1;
    response.end('answer');
  };
  scope.requests = 0;
  const server =
    pair === null
      ? (scope.require('node:http') as typeof http).createServer(answer)
      : (scope.require('node:https') as typeof https).createServer(pair, answer);
  server.on('connection', (socket) => {
    const { destroy } = socket;
    socket.destroy = function slow(...args: Parameters<typeof destroy>) {
      const end = performance.now() + closeMs;
      while (performance.now() < end);
      return destroy.apply(this, args);
    };
  });
  return scope.listen(server);
}

for (const way of ways) {
  for (const isSecure of [false, true]) {
    test(`after the end, ${isSecure ? 'https' : 'http'}, ${way.name}`, way.options, async (t) => {
      const worker = await startSupervised(t, way);
      const port = await worker.run(serve, isSecure ? { cert, key } : null, 0);
      const options = { port, host: '127.0.0.1', allowHalfOpen: true };
      const client = isSecure
        ? tls.connect({ ...options, ca: cert, servername: 'localhost' })
        : net.connect(options);
      t.teardown(() => client.destroy());
      const errors: Error[] = [];
      client.on('error', (error) => errors.push(error));
      client.write(REQUEST);
      await once(client, 'data');
      const end = once(client, 'end');
      worker.drain({ idleGraceMs: GRACE_MS });
      await end;
      // A reset would be the answer to the first of them, and an error at the second.
      for (let writes = 0; writes < 2; writes++) {
        await new Promise((resolve) => client.write(REQUEST, resolve));
      }
      const { idle, destroyed } = await worker.drained();
      t.strictSame({ idle, destroyed, errors }, { idle: 1, destroyed: 0, errors: [] });
    });
  }
}

test('the program does not see what comes after the end', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serve, null, 0);
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => client.destroy());
  client.write(REQUEST);
  await once(client, 'data');
  const end = once(client, 'end');
  worker.drain({ idleGraceMs: 1_000 });
  await end;
  client.write(REQUEST);
  await until('it is received', () => client.writableLength === 0);
  t.equal(await worker.run(({ requests }) => requests), 1);
  client.end();
  const { idle, ms } = await worker.drained();
  t.equal(idle, 1);
  t.ok(ms < 2_000, `the client's end is enough: ${ms} ms`);
});

test('while it is being closed', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serve, null, STEP_MS * 2);
  const errors: Error[] = [];
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => openClient(port)));
  for (const client of clients) {
    t.teardown(() => client.destroy());
    client.on('error', (error) => errors.push(error));
    client.write(REQUEST);
    await once(client, 'data');
  }
  const begun = Promise.race(clients.map((client) => once(client, 'end')));
  worker.drain({ idleGraceMs: GRACE_MS });
  await begun;
  // Twice as fast as the others are closed.
  for (const [index, client] of clients.entries()) {
    setTimeout(() => client.writable && client.write(REQUEST), index * STEP_MS);
  }
  const { idle, destroyed } = await worker.drained();
  t.ok(idle > 0, `closed as idle: ${idle}`);
  t.strictSame({ destroyed, errors }, { destroyed: 0, errors: [] });
});
