// A worker that listens when its supervisor has closed all listeners gets no other one: nobody would be there to serve
// who connects to it, and the stop ends as it would without.

import net from 'node:net';
import type { WorkerInfo } from 'rondo';
import { test } from 'tap';
import { proceed, stop } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';
import { openSupervisor } from '../fixtures/supervisor.js';

test('while what was accepted is received', nativeOnly, async (t) => {
  const supervised = await openSupervisor(t, {
    exec: fixture('listens-later.mjs'),
    drainTimeoutMs: 1_000,
  });
  await supervised.call('start');
  const port = supervised.port();
  const client = await KeepAliveClient.open(port);
  t.teardown(() => client.destroy());
  const pid = Number((await client.get()).body.toString());
  const other = (await supervised.readyPids()).find((one) => one !== pid) as number;
  await stop(other);
  // One of them waits for the one that stands still, so that the stop waits, too.
  const sockets = [net.connect(port, '127.0.0.1'), net.connect(port, '127.0.0.1')];
  for (const socket of sockets) socket.on('error', () => {});
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  const stopped = supervised.call('stop');
  await supervised.until('stopping');
  await client.get('/listen');
  proceed(other);
  await stopped;
  const ended = supervised.seen<WorkerInfo>('worker:exited');
  t.equal(ended.length, 2);
  for (const { listening, code } of ended) {
    t.strictSame(
      listening.map((address) => (typeof address === 'string' ? 0 : address.port)),
      [port],
      'it listens where it did',
    );
    t.equal(code, 0);
  }
});
