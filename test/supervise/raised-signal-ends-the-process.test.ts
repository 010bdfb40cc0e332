// A program that cleans up, removes its handler and raises the signal again ends by its default
// action, as under plain Node, though something keeps its loop running.

import type http from 'node:http';
import { test } from 'tap';
import { openClient } from '../fixtures/faults.js';
import { preloaded, type Scope, startSupervised, ways } from '../fixtures/supervised.js';

/** As NestJS does with enableShutdownHooks(), and signal-exit. */
async function serve(scope: Scope, signal: NodeJS.Signals): Promise<number> {
  const { createServer } = scope.require('node:http') as typeof http;
  setInterval(() => {}, 60_000);
  const server = createServer((_request, response) => response.end('answer'));
  const onSignal = async () => {
    if (process.listeners(signal).length !== 1) return;
    await new Promise((resolve) => setImmediate(resolve));
    process.send?.({ event: 'cleaned' });
    process.removeListener(signal, onSignal);
    process.kill(process.pid, signal);
  };
  process.on(signal, onSignal);
  return scope.listen(server);
}

for (const way of ways) {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} by a drain, ${way.name}`, way.options, async (t) => {
      const worker = await startSupervised(t, way);
      await worker.run(serve, signal);
      const client = await openClient(
        await worker.run(({ server }) => {
          return (server.address() as { port: number }).port;
        }),
      );
      client.resume();
      worker.drain({ idleGraceMs: 10 }, signal);
      await worker.event('cleaned');
      t.match(await worker.exit(), { code: null, signal });
      client.destroy();
    });
  }
}

test('SIGTERM by somebody else', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(serve, 'SIGTERM');
  process.kill(worker.pid, 'SIGTERM');
  await worker.event('cleaned');
  t.match(await worker.exit(), { code: null, signal: 'SIGTERM' });
});

test("SIGHUP to the group, which is the primary's", preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(serve, 'SIGHUP');
  process.kill(worker.pid, 'SIGHUP');
  await worker.event('cleaned');
  t.match(await worker.told('NODE_SUPERVISE_SIGNAL'), { signal: 'SIGHUP' });
  await worker.drained();
  t.match(await worker.exit(), { code: null, signal: 'SIGHUP' });
});
