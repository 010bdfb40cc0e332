// close(): what a living worker was handed is served, what it serves goes on, what waits in the primary
// is closed, and new clients are refused.

import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { proceed, stop, until } from '../fixtures/faults.js';
import { hold, openDeck, read, transports } from '../fixtures/harness.js';

const WINDOW = 4;

/** What a client reads first, or nothing if it is closed before. */
async function firstLine(port: number): Promise<{ line: string; socket: net.Socket }> {
  const socket = net.connect({ host: '127.0.0.1', port });
  let line = '';
  socket.on('data', (chunk) => {
    line += chunk;
  });
  socket.on('error', () => {});
  await Promise.race([
    new Promise((resolve) => socket.once('data', resolve)),
    new Promise((resolve) => socket.once('close', resolve)),
  ]);
  return { line, socket };
}

for (const transport of transports()) {
  test(`${transport}: with a living worker`, async (t) => {
    const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
    const { dispatcher, port, worker: start } = deck;
    const worker = await start(['hold']);
    const held = await hold(port);
    await stop(worker.pid);
    const inFlight = Array.from({ length: WINDOW }, () => firstLine(port));
    await until('they are handed', () => dispatcher.stats().slots[0]?.pending === WINDOW);
    const closing = once(dispatcher, 'close');
    const closed = dispatcher.close();
    // With ipc a connection has left the primary only when its worker has said so.
    if (transport === 'native') await closed;
    proceed(worker.pid);
    for (const client of await Promise.all(inFlight)) {
      t.equal(client.line, `${worker.pid}\n`, 'served');
      client.socket.destroy();
    }
    await closed;
    await closing;
    t.equal(held.socket.destroyed, false, 'what it served it serves still');
    held.socket.end();
    await once(held.socket, 'close');
    await t.rejects(read(port), { code: 'ECONNREFUSED' });
    t.equal(worker.child.exitCode, null, 'the worker is left alone');
    worker.send({ do: 'stats' });
    t.match(await worker.event('stats'), { connections: Number });
    t.match(dispatcher.stats(), { accepted: 1 + WINDOW, listeners: [], slots: [] });
    t.throws(() => dispatcher.openSlot(), { code: 'ERR_RONDO_CLOSED' });
  });

  test(`${transport}: with connections that wait in the primary`, async (t) => {
    const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
    const { dispatcher, port, worker: start } = deck;
    const doomed = await start();
    await stop(doomed.pid);
    const clients = Array.from({ length: WINDOW }, () => read(port));
    await until('they are handed', () => dispatcher.stats().slots[0]?.pending === WINDOW);
    await doomed.kill();
    await until('they wait', () => dispatcher.stats().waiting === WINDOW);
    await dispatcher.close();
    t.strictSame(await Promise.all(clients), Array(WINDOW).fill(''), 'closed');
    t.equal(dispatcher.stats().waiting, 0);
  });
}
