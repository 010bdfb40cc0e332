// A drain lets requests in flight be answered, and each answer closes its connection. Then the worker
// ends as one that was asked to.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { openClient, until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';
import { plainNode, preloaded, type Scope, startSupervised, ways } from '../fixtures/supervised.js';

const cert = readFileSync(fixture('localhost-cert.pem'), 'utf8');
const key = readFileSync(fixture('localhost-key.pem'), 'utf8');

/** Serves /slow, which is answered by `answer()`, and anything else at once. */
async function serveSlowly(scope: Scope, pair?: object): Promise<number> {
  const { createServer } = scope.require(pair === undefined ? 'node:http' : 'node:https');
  const waiting: http.ServerResponse[] = [];
  scope.waiting = waiting;
  const listener = (request: http.IncomingMessage, response: http.ServerResponse) => {
    if (!request.url?.startsWith('/slow')) return response.end('quick');
    if (request.url === '/slow-begun') response.write('begun ');
    return waiting.push(response);
  };
  const server = pair === undefined ? createServer(listener) : createServer(pair, listener);
  const sockets: net.Socket[] = [];
  scope.sockets = sockets;
  server.on('connection', (socket: net.Socket) => sockets.push(socket));
  return scope.listen(server);
}

function answer(scope: Scope): void {
  for (const response of scope.waiting as http.ServerResponse[]) response.end('slow');
}

function countWaiting(scope: Scope): number {
  return (scope.waiting as unknown[]).length;
}

async function get(
  agent: http.Agent,
  port: number,
  path: string,
): Promise<{ body: string; connection: string | undefined }> {
  const { request } = agent instanceof https.Agent ? https : http;
  const sent = request({ host: '127.0.0.1', port, path, agent });
  sent.end();
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
  return { body: await text(response), connection: response.headers.connection };
}

for (const way of ways) {
  for (const scheme of ['http', 'https'] as const) {
    test(`${scheme}, ${way.name}`, way.options, async (t) => {
      const worker = await startSupervised(t, way);
      const pair = scheme === 'https' ? { cert, key } : undefined;
      const port = await worker.run(serveSlowly, ...(pair === undefined ? [] : [pair]));
      const agent =
        scheme === 'https'
          ? new https.Agent({ keepAlive: true, ca: cert })
          : new http.Agent({ keepAlive: true });
      t.teardown(() => agent.destroy());
      t.match(await get(agent, port, '/'), { connection: 'keep-alive' }, 'before the drain');
      const slow = get(agent, port, '/slow');
      const begun = get(agent, port, '/slow-begun');
      await until('both wait', async () => (await worker.run(countWaiting)) === 2);
      worker.drain({ idleGraceMs: 50 });
      // The program and its server notice nothing.
      t.equal(await worker.run(({ server }) => server.listening), true);
      t.equal(worker.count('NODE_SUPERVISE_DRAINED'), 0);
      await worker.run(answer);
      t.match(await slow, { body: 'slow', connection: 'close' });
      t.match(await begun, { body: 'begun slow', connection: 'keep-alive' }, 'said already');
      const counts = await worker.drained();
      t.match(counts, { open: 2, idle: 1, destroyed: 0 }, 'the one that was said to stay was idle');
      t.strictSame(await worker.exit(), { event: 'exit', code: 0, signal: null, isAsked: true });
    });
  }
}

test('a request on an idle connection, within the grace', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serveSlowly);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  await get(agent, port, '/');
  worker.drain({ idleGraceMs: 10_000 });
  // Messages come in order, so it drains when it answers this one.
  await worker.run(() => {});
  t.match(await get(agent, port, '/'), { body: 'quick', connection: 'close' });
  t.match(await worker.drained(), { open: 1, idle: 0, destroyed: 0 }, 'no grace is waited for');
});

test('a pipeline of before the drain', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serveSlowly);
  const client = await openClient(port);
  const received = text(client);
  client.write('GET /slow HTTP/1.1\r\nHost: here\r\n\r\n'.repeat(2));
  await until('both wait', async () => (await worker.run(countWaiting)) === 2);
  worker.drain({ idleGraceMs: 50 });
  await worker.run(() => {});
  await worker.run(answer);
  t.equal((await received).match(/slow$|slow(?=HTTP)/g)?.length, 2, 'both are answered');
  t.match(await worker.drained(), { open: 1, idle: 1, destroyed: 0 }, 'and then it is idle');
});

test('a pipeline that grows during the drain', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serveSlowly);
  const client = await openClient(port);
  const received = text(client);
  const request = 'GET /slow HTTP/1.1\r\nHost: here\r\n\r\n';
  client.write(request + request);
  await until('both wait', async () => (await worker.run(countWaiting)) === 2);
  worker.drain({ idleGraceMs: 10_000 });
  await worker.run(() => {});
  for (const count of [3, 4]) {
    client.write(request);
    await until('it waits, too', async () => (await worker.run(countWaiting)) === count);
  }
  await worker.run(answer);
  const responses = (await received).split('HTTP/1.1 200 OK').slice(1);
  t.strictSame(
    responses.map((one) => /Connection: (\S+)/.exec(one)?.[1]),
    ['keep-alive', 'keep-alive', 'keep-alive', 'close'],
    'only the last one closes',
  );
  t.match(await worker.drained(), { open: 1, idle: 0, destroyed: 0 });
});

test('a request that has only begun', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serveSlowly);
  const clients = await Promise.all([openClient(port), openClient(port)]);
  const [first, second] = clients as [net.Socket, net.Socket];
  const received = clients.map((client) => text(client));
  first.write('GET / HTTP/1.1\r\nHo');
  second.write('GET / HTTP/1.1\r\nHost: here\r\n\r\nG');
  const idle = await openClient(port);
  await until('all has been read', async () => {
    const bytes = await worker.run(({ sockets }) =>
      (sockets as net.Socket[]).map(({ bytesRead }) => bytesRead),
    );
    return bytes.sort((a, b) => a - b).join() === '0,18,31';
  });
  worker.drain({ idleGraceMs: 50 });
  // It sent nothing, so it is closed; by then the others would have been, too.
  await once(idle.resume(), 'close');
  first.write('st: here\r\n\r\n');
  second.write('ET / HTTP/1.1\r\nHost: here\r\n\r\n');
  const [one, two] = await Promise.all(received);
  t.match(one, /Connection: close[\s\S]*quick/);
  t.match(two, /quick[\s\S]*Connection: close[\s\S]*quick/);
  t.match(await worker.drained(), { open: 3, idle: 1, destroyed: 0 });
});

test('what is not over in time is destroyed', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serveSlowly);
  const client = await openClient(port);
  client.write('GET /slow HTTP/1.1\r\nHost: here\r\n\r\n');
  await until('it waits', async () => (await worker.run(countWaiting)) === 1);
  worker.drain({ drainTimeoutMs: 60_000 });
  // A second one is about the time only.
  worker.drain({ drainTimeoutMs: 300 });
  await once(client.resume(), 'close');
  const counts = await worker.drained();
  t.match(counts, { open: 1, idle: 0, destroyed: 1 });
  t.ok(counts.ms >= 290 && counts.ms < 10_000, `${counts.ms} ms`);
  t.match(await worker.exit(), { code: 0 });
  t.equal(worker.count('NODE_SUPERVISE_DRAINED'), 0, 'and only one is reported');
});

test("with Node's own scheduling no connection comes any more", async (t) => {
  const worker = await startSupervised(t, plainNode);
  const port = await worker.run(serveSlowly);
  const client = await openClient(port);
  client.write('GET /slow HTTP/1.1\r\nHost: here\r\n\r\n');
  await until('it waits', async () => (await worker.run(countWaiting)) === 1);
  worker.drain();
  await until('nobody listens', () =>
    openClient(port).then(
      (late) => {
        late.destroy();
        return false;
      },
      () => true,
    ),
  );
  t.equal(await worker.run(({ server }) => server.listening), true, 'in the eyes of the program');
  // Whose own close() is as ever.
  await worker.run(({ server }) => {
    server.close((error) => process.send?.({ event: 'closed', isError: error !== undefined }));
  });
  await worker.run(answer);
  t.match(await text(client), /slow$/);
  t.match(await worker.event('closed'), { isError: false });
  t.match(await worker.exit(), { code: 0 });
});
