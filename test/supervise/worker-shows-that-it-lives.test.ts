// Asked, a worker says how much memory it has and how many connections it has had. Its heartbeat is on
// the board without anybody asking, and stops with its loop.

import type net from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { openClient, until } from '../fixtures/faults.js';
import {
  preloaded,
  type Scope,
  type Supervised,
  startSupervised,
  ways,
} from '../fixtures/supervised.js';

async function serve(scope: Scope): Promise<number> {
  const { createServer } = scope.require('node:net') as typeof net;
  return scope.listen(createServer((socket) => socket.end('line')));
}

for (const way of ways) {
  test(`status, ${way.name}`, way.options, async (t) => {
    const worker = await startSupervised(t, way);
    worker.tell({ cmd: 'NODE_SUPERVISE_ASK' });
    const first = await worker.told('NODE_SUPERVISE_STATUS');
    t.equal(first.connections, 0);
    t.ok(first.rssBytes > 10_000_000 && first.rssBytes < 1_000_000_000, `${first.rssBytes} bytes`);
    const port = await worker.run(serve);
    for (let i = 0; i < 3; i++) await text(await openClient(port));
    worker.tell({ cmd: 'NODE_SUPERVISE_ASK' });
    t.equal(
      (await worker.told('NODE_SUPERVISE_STATUS')).connections,
      3,
      'also those that are over',
    );
  });
}

async function heartbeatAge(worker: Supervised): Promise<number> {
  worker.primary.send({ ask: 'slot' });
  const { stats } = await worker.event('slot');
  return (stats as { heartbeatAgeMs: number | null }).heartbeatAgeMs ?? -1;
}

test('heartbeat', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded, { settings: { heartbeatMs: 20 } });
  await worker.run(serve);
  await until('it beats', async () => (await heartbeatAge(worker)) >= 0);
  await worker.run(() => {
    setImmediate(() => {
      const end = performance.now() + 1000;
      while (performance.now() < end);
    });
  });
  await until('it is missed', async () => (await heartbeatAge(worker)) > 400);
  await until('it is there again', async () => (await heartbeatAge(worker)) < 100);
  t.pass('as long as the loop turns');
});

test('no heartbeat', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serve);
  t.equal(await text(await openClient(port)), 'line');
  t.equal(await heartbeatAge(worker), -1);
});
