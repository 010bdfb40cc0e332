// What a listener of a Dispatcher's event throws is an uncaught exception; the dispatcher goes on, and closes.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Dispatcher } from 'rondo';
import { test } from 'tap';
import { transports } from '../fixtures/harness.js';

for (const transport of transports()) {
  test(transport, async (t) => {
    const thrown: string[] = [];
    // In place of tap's own.
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error.message));
    t.teardown(() => {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    });
    const dispatcher = new Dispatcher({ transport });
    for (const event of ['listening', 'close'] as const) {
      dispatcher.once(event, () => {
        throw new Error(event);
      });
    }
    await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    await dispatcher.close();
    await new Promise((resolve) => setImmediate(resolve));
    t.strictSame(thrown, ['listening', 'close']);
  });

  test(`disposed of, and aborted, ${transport}`, async (t) => {
    const dispatcher = new Dispatcher({ transport });
    const controller = new AbortController();
    const { signal } = controller;
    const listener = await dispatcher.listen({ port: 0, host: '127.0.0.1', signal });
    const { port } = listener.address() as AddressInfo;
    controller.abort();
    await listener.close();
    await t.rejects(dispatcher.listen({ port, host: '127.0.0.1', signal }), { name: 'AbortError' });
    await dispatcher.listen({ port, host: '127.0.0.1' });
    const slot = dispatcher.openSlot();
    const { stdio, env } = slot.spawnOptions({ env: { A: 'b' }, stdio: 'ignore' });
    t.strictSame(stdio.slice(0, 4), ['ignore', 'ignore', 'ignore', 'ipc']);
    t.match(env, { A: 'b', ...slot.env });
    const closed = once(dispatcher, 'close');
    await dispatcher[Symbol.asyncDispose]();
    await closed;
  });
}
