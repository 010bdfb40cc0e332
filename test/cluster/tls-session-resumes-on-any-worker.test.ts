// A TLS session begun with one worker of a cluster is resumed with the other.

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { test } from 'tap';
import { startProgram, ways } from '../fixtures/cluster.js';
import { fixture } from '../fixtures/harness.js';

const cert = readFileSync(fixture('localhost-cert.pem'), 'utf8');
const key = readFileSync(fixture('localhost-key.pem'), 'utf8');

interface Visit {
  pid: number;
  isReused: boolean;
  session: Buffer | undefined;
}

async function visit(port: number, version: tls.SecureVersion, session?: Buffer): Promise<Visit> {
  const versions = { minVersion: version, maxVersion: version };
  const resume = session === undefined ? {} : { session };
  const socket = tls.connect({ host: '127.0.0.1', port, ca: cert, ...versions, ...resume });
  let latest = session;
  let isReused = false;
  socket.on('session', (ticket: Buffer) => {
    latest = ticket;
  });
  socket.on('secureConnect', () => {
    isReused = socket.isSessionReused();
  });
  return { pid: Number(await text(socket)), isReused, session: latest };
}

async function visitWorker(pid: number, ...args: Parameters<typeof visit>): Promise<Visit> {
  for (let i = 0; i < 20; i++) {
    const seen = await visit(...args);
    if (seen.pid === pid) return seen;
  }
  throw new Error(`never served by ${pid}`);
}

for (const way of ways) {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version}, ${way.name}`, way.options, async (t) => {
      const program = await startProgram(t, way);
      let port = 0;
      for (const id of [1, 2]) {
        port = await program.worker(
          id,
          async ({ tls, once }, pair) => {
            const server = tls.createServer(pair, (socket) => socket.end(String(process.pid)));
            server.listen(0, '127.0.0.1');
            await once(server, 'listening');
            return (server.address() as { port: number }).port;
          },
          { cert, key },
        );
      }
      const [first, second] = program.pids as [number, number];
      const begun = await visitWorker(first, port, version);
      t.equal(begun.isReused, false);
      const resumed = await visitWorker(second, port, version, begun.session);
      t.equal(resumed.isReused, true);
    });
  }
}
