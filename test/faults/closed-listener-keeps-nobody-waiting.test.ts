// A connection of a listener that has been closed is still served, or it is closed: it does not wait in
// the primary for a worker that will never come, whether a dead worker or a closing server gave it back.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { settles, stop, until } from '../fixtures/faults.js';
import { openDeck, read, transports } from '../fixtures/harness.js';

const WINDOW = 4;

for (const transport of transports()) {
  test(`${transport}: given back by a dead worker`, async (t) => {
    const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
    const { dispatcher, listener, port, worker: start } = deck;
    const doomed = await start();
    await stop(doomed.pid);
    const clients = Promise.allSettled(Array.from({ length: WINDOW }, () => read(port)));
    await until('handed', () => dispatcher.stats().slots[0]?.pending === WINDOW);
    const heir = await start();
    await listener.close();
    await until('the heir knows', () => heir.slot.state === 'drained');
    await doomed.kill();
    await until('none waits', () => dispatcher.stats().waiting === 0, 5000);
    for (const outcome of await clients) {
      const line = outcome.status === 'fulfilled' ? outcome.value : '';
      t.ok(['', `${heir.pid}\n`].includes(line), 'served or closed');
    }
    const next = await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    const { port: nextPort } = next.address() as { port: number };
    t.equal(await read(nextPort), `${heir.pid}\n`);
    t.equal(dispatcher.stats().waiting, 0);
  });

  test(`${transport}: sent back by a server that closes`, async (t) => {
    const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
    const { dispatcher, listener, port, worker: start } = deck;
    const other = await dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'other' });
    const worker = await start(['line', '--listener=default']);
    const directory = mkdtempSync(path.join(tmpdir(), 'rondo-closed-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const file = path.join(directory, 'go');
    worker.send({ do: 'close-after', file });
    await worker.event('blocked');
    const clients = Promise.allSettled(Array.from({ length: WINDOW }, () => read(port)));
    await until('handed', () => dispatcher.stats().slots[0]?.pending === WINDOW);
    await listener.close();
    writeFileSync(file, '');
    await worker.event('close');
    await until('none waits', () => dispatcher.stats().waiting === 0, 5000);
    for (const outcome of await clients) {
      t.equal(outcome.status === 'fulfilled' ? outcome.value : '', '', 'closed');
    }
    await settles(t, () => dispatcher.stats().slots[0], { refused: WINDOW, pending: 0, open: 0 });
    await other.close();
  });
}
