// A connection that a server gets in a worker has the listeners and properties that it has without rondo, also
// when it has ended, and its handle has the same name in the stack of an error.

import type { Socket } from 'node:net';
import { test } from 'tap';
import { plainNode, preloaded, type Scope, startProgram } from '../fixtures/cluster.js';
import { transports } from '../fixtures/harness.js';

/** Sent to the worker as text. */
async function accept(scope: Scope): Promise<Record<string, unknown>> {
  const { net, once } = scope;
  const { port } = (await scope.listen(0, '127.0.0.1')) as { port: number };
  const client = net.connect(port, '127.0.0.1');
  const [socket] = (await once(scope.server, 'connection')) as [Socket & { _handle: object }];
  const { _handle: handle } = socket;
  const seen = {
    listeners: Object.fromEntries(
      socket.eventNames().map((name) => [String(name), socket.rawListeners(name).length]),
    ),
    properties: Object.keys(socket).sort(),
    handle: [handle.constructor.name, ...Object.keys(handle).sort()],
    ends: [socket.remoteAddress, socket.remoteFamily, socket.localPort === port],
  };
  let stack = '';
  socket.once('data', () => {
    stack = String(new Error('in a listener').stack);
  });
  client.end('some');
  client.resume();
  await once(socket, 'close');
  const caller = /at (\w+\.onStreamRead) /.exec(stack)?.[1];
  return { ...seen, caller, 'properties when it is closed': Object.keys(socket).sort() };
}

/** Sent to the worker as text: how the error of a connection reads that its client has reset. */
async function beReset(scope: Scope): Promise<string | undefined> {
  const { net, once } = scope;
  const { port } = (await scope.listen(0, '127.0.0.1')) as { port: number };
  const client = net.connect(port, '127.0.0.1');
  const [socket] = (await once(scope.server, 'connection')) as [Socket];
  socket.resume();
  client.resetAndDestroy();
  const [error] = (await once(socket, 'error')) as [Error];
  return error.stack;
}

for (const transport of transports()) {
  test(`${transport}: the error of one that is reset`, preloaded.options, async (t) => {
    const processEnv = { RONDO_TRANSPORT: transport };
    const [plain, rondo] = await Promise.all(
      [plainNode, preloaded].map(async (way) => {
        const program = await startProgram(t, way, { workers: 1, processEnv });
        return program.worker(1, beReset);
      }),
    );
    t.match(plain, /ECONNRESET\n +at TCP\.onStreamRead/);
    t.equal(rondo, plain);
  });

  test(transport, preloaded.options, async (t) => {
    const processEnv = { RONDO_TRANSPORT: transport };
    const [plain, rondo] = await Promise.all(
      [plainNode, preloaded].map(async (way) => {
        const program = await startProgram(t, way, { workers: 1, processEnv });
        return program.worker(1, accept);
      }),
    );
    t.match(plain, { caller: 'TCP.onStreamRead' });
    t.strictSame(rondo, plain);
  });
}
