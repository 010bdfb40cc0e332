// What a listener of a Dispatcher's event throws is an uncaught exception; the dispatcher goes on, and closes.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Dispatcher } from 'rondo';
import { type Test, test } from 'tap';
import { until } from '../fixtures/faults.js';
import { openDeck, transports } from '../fixtures/harness.js';

/** What is thrown from now on, in place of tap's own listeners. */
function catchUncaught(t: Test): string[] {
  const thrown: string[] = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => thrown.push(error.message));
  t.teardown(() => {
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
  });
  return thrown;
}

for (const transport of transports()) {
  test(transport, async (t) => {
    const thrown = catchUncaught(t);
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

  test(`slot:gone, ${transport}`, async (t) => {
    const thrown = catchUncaught(t);
    const { dispatcher, worker: start } = await openDeck(t, { transport });
    const workers = [await start(), await start()];
    const gone: number[] = [];
    dispatcher.on('slot:gone', (slot) => {
      gone.push(slot.id);
      throw new Error(`slot ${slot.id}`);
    });
    for (const { pid } of workers) process.kill(pid, 'SIGKILL');
    await until('both are told of', () => gone.length === 2 && thrown.length === 2);
    t.strictSame(thrown.sort(), ['slot 0', 'slot 1']);
    t.strictSame(gone.sort(), [0, 1]);
    await dispatcher.close();
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
