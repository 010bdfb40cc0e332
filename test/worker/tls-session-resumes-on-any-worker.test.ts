// A TLS session begun with one worker can be resumed with any other, and with a replacement; but not
// with another server, which may ask more of its clients. A program's own ticket keys are respected.

import { readFileSync } from 'node:fs';
import type net from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { test } from 'tap';
import { fixture, openDeck, transports, type Worker } from '../fixtures/harness.js';

const FILE = fixture('protocol-worker.mjs');
const ca = readFileSync(fixture('localhost-cert.pem'));

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** What --keys=… of the fixture sets. */
const OWN_KEYS = Buffer.alloc(48, 'the keys of the program').toString('hex');

interface Visit {
  pid: number;
  isReused: boolean;
  session: Buffer;
}

/** Connects, resumes the session if there is one, and reads to the end. */
async function visit(port: number, version: tls.SecureVersion, session?: Buffer): Promise<Visit> {
  const versions = { minVersion: version, maxVersion: version };
  const resume = session === undefined ? {} : { session };
  const socket = tls.connect({ host: '127.0.0.1', port, ca, ...versions, ...resume });
  let latest: Buffer | undefined;
  socket.on('session', (ticket: Buffer) => {
    latest = ticket;
  });
  let isReused = false;
  socket.on('secureConnect', () => {
    isReused = socket.isSessionReused();
  });
  const line = await text(socket);
  return { pid: Number(line), isReused, session: latest ?? (session as Buffer) };
}

/** Visits until it is served by that worker. With round robin that does not take long. */
async function visitWorker(worker: Worker, ...args: Parameters<typeof visit>): Promise<Visit> {
  for (let i = 0; i < 10; i++) {
    const seen = await visit(...args);
    if (seen.pid === worker.pid) return seen;
  }
  throw new Error(`never served by ${worker.pid}`);
}

const keysOf = async (worker: Worker): Promise<string> =>
  (await worker.event('listening')).keys as string;

for (const transport of transports()) {
  test(`${transport}: resumed with any worker`, async (t) => {
    const { port, worker: start } = await openDeck(t, { transport });
    const first = await start(['default=tls'], { file: FILE });
    const second = await start(['default=tls'], { file: FILE });
    for (const version of VERSIONS) {
      const begun = await visitWorker(first, port, version);
      t.equal(begun.isReused, false, `${version}: begun`);
      const resumed = await visitWorker(second, port, version, begun.session);
      t.equal(resumed.isReused, true, `${version}: resumed with the other`);
    }
    const { session } = await visitWorker(first, port, 'TLSv1.3');
    await first.kill();
    const heir = await start(['default=tls'], { file: FILE, slot: first.slot });
    const resumed = await visitWorker(heir, port, 'TLSv1.3', session);
    t.equal(resumed.isReused, true, 'resumed with the replacement');
  });

  test(`${transport}: not resumed with another server`, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport });
    const other = await dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'other' });
    const { port: otherPort } = other.address() as net.AddressInfo;
    const worker = await start(['default=tls', 'other=tls'], { file: FILE });
    for (let i = 0; i < 2; i++) await worker.event('listening');
    for (const version of VERSIONS) {
      const { session } = await visit(port, version);
      t.equal((await visit(port, version, session)).isReused, true, `${version}: the same`);
      t.equal((await visit(otherPort, version, session)).isReused, false, `${version}: the other`);
    }
  });

  test(`${transport}: ticket keys`, async (t) => {
    const { worker: start } = await openDeck(t, { transport });
    const [one, another] = [
      await keysOf(await start(['default=tls'], { file: FILE })),
      await keysOf(await start(['default=tls'], { file: FILE })),
    ];
    t.equal(one, another, 'shared by the workers');
    t.not(one, OWN_KEYS);
    for (const how of ['option', 'late']) {
      const worker = await start(['default=tls', `--keys=${how}`], { file: FILE });
      t.equal(await keysOf(worker), OWN_KEYS, `the program's own, ${how}`);
    }
    const elsewhere = await openDeck(t, { transport });
    const theirs = await keysOf(await elsewhere.worker(['default=tls'], { file: FILE }));
    t.not(theirs, one, 'another dispatcher has others');
  });
}
