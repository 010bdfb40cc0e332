// An HTTP/2 session is told to go away, and closes when its streams are done. Within TLS it is told while it has
// a stream, or after the grace.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';
import { preloaded, type Scope, startSupervised, ways } from '../fixtures/supervised.js';

const cert = readFileSync(fixture('localhost-cert.pem'), 'utf8');
const key = readFileSync(fixture('localhost-key.pem'), 'utf8');

/** Serves /slow when `waiting` is ended, and anything else at once. */
async function serve(scope: Scope, pair: object | null): Promise<number> {
  const { createServer, createSecureServer } = scope.require('node:http2') as typeof http2;
  const server = pair === null ? createServer() : createSecureServer(pair);
  const waiting: http2.ServerHttp2Stream[] = [];
  scope.waiting = waiting;
  server.on('stream', (stream, headers) => {
    if (headers[':path'] === '/slow') waiting.push(stream);
    else stream.end('quick');
  });
  return scope.listen(server);
}

const ANY_STREAM = 2 ** 31 - 1;

interface Session {
  client: http2.ClientHttp2Session;
  goaways: Array<[code: number, lastStream: number]>;
}

async function connect(port: number, isSecure: boolean): Promise<Session> {
  const client = isSecure
    ? http2.connect(`https://127.0.0.1:${port}`, { ca: cert, servername: 'localhost' })
    : http2.connect(`http://127.0.0.1:${port}`);
  const goaways: Session['goaways'] = [];
  client.on('goaway', (code, lastStream) => goaways.push([code, lastStream]));
  // The worker has it, and not only the kernel.
  await once(client, 'remoteSettings');
  return { client, goaways };
}

for (const way of ways) {
  for (const isSecure of [false, true]) {
    test(`${isSecure ? 'h2' : 'h2c'}, ${way.name}`, way.options, async (t) => {
      const worker = await startSupervised(t, way);
      const port = await worker.run(serve, isSecure ? { cert, key } : null);
      const [busy, idle] = await Promise.all([connect(port, isSecure), connect(port, isSecure)]);
      for (const { client } of [busy, idle]) {
        t.teardown(() => client.destroy());
        t.equal(await text(client.request({ ':path': '/' })), 'quick');
      }
      const slow = text(busy.client.request({ ':path': '/slow' }));
      await until('it waits', () =>
        worker.run(({ waiting }) => (waiting as unknown[]).length === 1),
      );
      const told = once(busy.client, 'goaway');
      const closed = once(busy.client, 'close');
      worker.drain({ idleGraceMs: 100 });
      await told;
      t.strictSame(busy.goaways[0], [0, isSecure ? 3 : ANY_STREAM], 'before its answer');
      await once(idle.client, 'close');
      t.strictSame(idle.goaways[0], [0, isSecure ? 1 : ANY_STREAM]);
      t.equal(worker.count('NODE_SUPERVISE_DRAINED'), 0, 'the other has a stream');
      await worker.run(({ waiting }) => {
        (waiting as http2.ServerHttp2Stream[])[0]?.end('slow');
      });
      t.equal(await slow, 'slow');
      await closed;
      t.match(await worker.drained(), { open: 2, destroyed: 0 });
      t.match(await worker.exit(), { code: 0, isAsked: true });
    });
  }
}

test('streams on an idle session, within TLS and the grace', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serve, { cert, key });
  const { client, goaways } = await connect(port, true);
  t.teardown(() => client.destroy());
  worker.drain({ idleGraceMs: 10_000 });
  await worker.run(() => {});
  t.strictSame(goaways, [], 'nothing is refused yet');
  const closed = once(client, 'close');
  const requests = [client.request({ ':path': '/' }), client.request({ ':path': '/' })];
  t.strictSame(await Promise.all(requests.map((one) => text(one))), ['quick', 'quick']);
  await closed;
  t.strictSame(goaways[0], [0, 3]);
  const { destroyed, ms } = await worker.drained();
  t.equal(destroyed, 0);
  t.ok(ms < 10_000, 'no grace is waited for');
});
