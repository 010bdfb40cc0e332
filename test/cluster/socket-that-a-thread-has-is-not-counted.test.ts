// A socket that a worker gives to a thread by postMessage(), as newer versions of Node.js can, is that thread's: it is served,
// and not counted as open, so that it takes up no room of the worker's.

import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { preloaded, settledStats, startProgram, total } from '../fixtures/cluster.js';
import { until } from '../fixtures/faults.js';
import { fixture, read } from '../fixtures/harness.js';

const THREAD = fixture('serves-in-a-thread.mjs');

/** Sockets can be since 24.19 and 26. */
const canBeGiven = await new Promise<boolean>((resolve) => {
  const server = net.createServer((socket) => {
    const { port1, port2 } = new MessageChannel();
    try {
      port1.postMessage(socket, [socket as never]);
      resolve(true);
    } catch {
      resolve(false);
    }
    port1.close();
    port2.close();
    socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1', () => {
    net.connect((server.address() as net.AddressInfo).port, '127.0.0.1').on('error', () => {});
  });
});

const skip = canBeGiven ? false : 'this Node.js gives no sockets to threads';

for (const [transport, options] of [
  ['native', canBeGiven ? preloaded.options : { skip }],
  ['ipc', { skip }],
] as const) {
  test(`given to a thread, with ${transport}`, options, async (t) => {
    const processEnv = { RONDO_TRANSPORT: transport };
    const program = await startProgram(t, preloaded, { workers: 1, processEnv });
    const address = await program.worker(
      1,
      async (scope, file) => {
        const { Worker } = await import('node:worker_threads');
        const thread = new Worker(file);
        const server = scope.net.createServer({ pauseOnConnect: true }, (socket) => {
          thread.postMessage(socket, [socket as never]);
        });
        server.listen(0, '127.0.0.1');
        await scope.once(server, 'listening');
        return server.address();
      },
      THREAD,
    );
    const { port } = address as net.AddressInfo;
    for (let i = 0; i < 5; i++) t.equal(await read(port), 'of a thread');
    const held = net.connect(port, '127.0.0.1');
    await once(held, 'data');
    t.equal(total(await settledStats(program), 'received'), 6);
    // With ipc the worker says so a little later.
    await until('none is open', async () => total(await program.stats(), 'open') === 0);
    held.destroy();
  });
}
