// While a session drains, its client is told, and what it has sent before it knew is served. Within TLS
// Node does not let it be told so early: what is refused there the client knows of, and nothing is lost.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type http2 from 'node:http2';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';
import { Http2Client } from '../fixtures/http2-client.js';
import { preloaded, type Scope, startSupervised } from '../fixtures/supervised.js';

const cert = readFileSync(fixture('localhost-cert.pem'), 'utf8');
const key = readFileSync(fixture('localhost-key.pem'), 'utf8');

const SESSIONS = 4;
const STREAMS = 100;
const DRAINS = 3;

/** Answers after `ms` at most. */
async function serve(scope: Scope, pair: object | null, ms: number): Promise<number> {
  const { createServer, createSecureServer } = scope.require('node:http2') as typeof http2;
  const server = pair === null ? createServer() : createSecureServer(pair);
  server.on('stream', (stream) => {
    setTimeout(() => {
      stream.respond({ ':status': 200 });
      stream.end('answer');
    }, Math.random() * ms);
  });
  return scope.listen(server);
}

for (const isSecure of [false, true]) {
  test(`busy sessions, ${isSecure ? 'h2' : 'h2c'}`, preloaded.options, async (t) => {
    for (let drain = 0; drain < DRAINS; drain++) {
      const worker = await startSupervised(t, preloaded);
      const port = await worker.run(serve, isSecure ? { cert, key } : null, 10);
      const clients = await Promise.all(
        Array.from({ length: SESSIONS }, () =>
          Http2Client.connect(port, isSecure ? cert : undefined),
        ),
      );
      for (const client of clients) {
        client.isBusy = true;
        client.request(STREAMS);
      }
      await until('all are at it', () => clients.every(({ answered }) => answered > STREAMS));
      const closed = clients.map(({ socket }) => once(socket, 'close'));
      worker.drain({ idleGraceMs: 300 });
      await Promise.all(closed);
      const refused = clients.reduce((sum, one) => sum + one.refused, 0);
      const sent = clients.reduce((sum, one) => sum + one.sent, 0);
      t.comment(`${refused} of ${sent} refused`);
      t.strictSame(
        clients.flatMap(({ lost }) => lost),
        [],
        'none is left without an answer',
      );
      if (!isSecure) t.equal(refused, 0);
      t.match(await worker.drained(), { open: SESSIONS, destroyed: 0 });
    }
  });
}

test('a client that answers no PING', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const client = await Http2Client.connect(await worker.run(serve, null, 0));
  client.isSilent = true;
  const told = once(client.socket, 'goaway');
  const closed = once(client.socket, 'close');
  worker.drain({ idleGraceMs: 100 });
  await told;
  t.strictSame(client.goaways, [2 ** 31 - 1], 'it is told at once');
  await closed;
  t.match(await worker.drained(), { open: 1, destroyed: 0 });
});
