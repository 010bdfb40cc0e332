// What a program's handler of SIGTERM does takes its time, and the drain goes on when it is done: a client that does not close is
// disconnected after the grace, and not by the drain timeout.

import { once } from 'node:events';
import net from 'node:net';
import type { WorkerInfo } from 'rondo';
import { test } from 'tap';
import { fixture } from '../fixtures/harness.js';
import { openSupervisor } from '../fixtures/supervisor.js';

test('a handler that works', async (t) => {
  const exec = fixture('works-at-sigterm.mjs');
  const options = { exec, workers: 1, idleGraceMs: 100, drainTimeoutMs: 4_000 };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const client = net.connect({
    port: supervised.port(),
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  t.teardown(() => client.destroy());
  client.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
  await once(client, 'data');
  await supervised.call('stop');
  const [exited] = supervised.seen<WorkerInfo>('worker:exited');
  t.match(exited, { code: 0, drained: { open: 1, idle: 1, destroyed: 0 } });
});
