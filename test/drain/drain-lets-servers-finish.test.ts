// drain() of rondo/drain: what is in flight is answered, what is idle closes, and nobody else notices. With
// a server that listens itself, and with one that is attached in a Dispatcher's worker.

import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { drain } from 'rondo/drain';
import { test } from 'tap';
import { openClient, until } from '../fixtures/faults.js';
import { fixture, openDeck, transports } from '../fixtures/harness.js';

const GET = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n';

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a server that listens itself', async (t) => {
  const waiting: http.ServerResponse[] = [];
  const server = http.createServer((_request, response) => waiting.push(response));
  const other = http.createServer((_request, response) => response.end('still here'));
  const [port, otherPort] = [await listen(server), await listen(other)];
  t.teardown(() => other.close());
  const bystander = await openClient(otherPort);
  const idle = await openClient(port);
  const busy = await openClient(port);
  busy.write(GET);
  await until('it waits', () => waiting.length === 1);

  const closed = once(server, 'close');
  const drained = drain(server, { idleGraceMs: 50 });
  t.equal(await text(idle), '', 'the idle one is closed');
  const refused = await new Promise((resolve) =>
    net.connect(port, '127.0.0.1').on('error', resolve),
  );
  t.match(refused, { code: 'ECONNREFUSED' });
  waiting[0]?.end('answer');
  t.match(await text(busy), /Connection: close[\s\S]*answer/);
  t.match(await drained, { open: 2, idle: 1, destroyed: 0, ms: Number });
  await closed;

  bystander.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  t.match(await text(bystander), /still here/, "another server's connections are left alone");
});

test('what does not end is destroyed', async (t) => {
  for (const options of [{ drainTimeoutMs: 50 }, { signal: AbortSignal.timeout(50) }]) {
    const server = net.createServer();
    const client = await openClient(await listen(server));
    t.match(await drain([server], options), { open: 1, idle: 0, destroyed: 1 });
    t.equal(await text(client), '');
    t.notOk(server.listening);
  }
  const server = net.createServer();
  await openClient(await listen(server));
  t.match(await drain(server, { signal: AbortSignal.abort() }), { open: 1, destroyed: 1 });
});

test('sockets that want to know hear of it', async (t) => {
  const server = net.createServer((socket) => {
    socket.once('rondo:drain', ({ timeoutMs }) => socket.end(`bye ${timeoutMs > 0}`));
  });
  const client = await openClient(await listen(server));
  const drained = drain(server);
  t.equal(await text(client), 'bye true');
  t.match(await drained, { open: 1, destroyed: 0 });
});

test('wrong options', async (t) => {
  const server = net.createServer();
  for (const [arguments_, message] of [
    [[null], /'server'.*null/],
    [[[]], /'server'/],
    [[server, { idleGraceMs: -1 }], /'idleGraceMs'.*-1/],
    [[server, { drainTimeoutMs: '1' }], /'drainTimeoutMs'.*'1'/],
    [[server, { signal: 1 }], /'signal'.*1/],
    [[server, { grace: 1 }], /'grace'/],
  ] as Array<[Parameters<typeof drain>, RegExp]>) {
    t.throws(() => drain(...arguments_), { message });
  }
});

for (const transport of transports()) {
  test(`in a Dispatcher's worker, ${transport}`, async (t) => {
    const { port, worker: start } = await openDeck(t, { transport });
    const worker = await start([], { file: fixture('draining-worker.mjs') });
    const events: Array<{ event: string; counts?: object }> = [];
    worker.child.on('message', (message) => events.push(message as (typeof events)[number]));
    const client = await openClient(port);
    client.write(GET);
    await until('it has the request', () => events.some(({ event }) => event === 'request'));
    const exited = once(worker.child, 'exit');
    worker.child.send('drain');
    worker.child.send('answer');
    t.match(await text(client), new RegExp(`Connection: close[\\s\\S]*${worker.pid}`));
    t.strictSame(await exited, [0, null], 'nothing keeps it running');
    t.match(events.at(-1), { event: 'drained', counts: { open: 1, destroyed: 0 } });
  });
}
