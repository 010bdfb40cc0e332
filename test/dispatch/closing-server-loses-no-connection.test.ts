// A server that closes in one worker passes on what its process had been handed: no client is lost, and
// the others serve everything from then on.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { tally, until } from '../fixtures/faults.js';
import { openDeck, read, transports } from '../fixtures/harness.js';
import { startLoad } from '../fixtures/load.js';
import { settled } from '../fixtures/settled.js';

const WINDOW = 8;

for (const transport of transports()) {
  test(`${transport}: what is in flight goes to the others`, async (t) => {
    // Nothing is taken back from it, however long the other takes to start.
    const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
    const { dispatcher, port, worker: start } = deck;
    const file = path.join(t.testdir({}), 'go');
    const closing = await start();
    closing.send({ do: 'close-after', file });
    await closing.event('blocked');
    const clients = Array.from({ length: WINDOW }, () => read(port));
    const figures = () => dispatcher.stats().slots[closing.slot.id];
    await until('its window is full', () => figures()?.pending === WINDOW);
    const other = await start();
    writeFileSync(file, '');
    await closing.event('close');
    t.strictSame(tally(await Promise.all(clients)), { [`${other.pid}\n`]: WINDOW });
    await until('it is drained', () => closing.slot.state === 'drained');
    const stats = await settled(dispatcher);
    t.match(stats.slots[closing.slot.id], { refused: WINDOW, received: WINDOW });
    t.match(stats, { accepted: WINDOW, listeners: [{ redealt: WINDOW, closed: 0 }] });
  });

  test(`${transport}: under load, one after the other`, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport, window: WINDOW });
    const workers = [await start(), await start(), await start()];
    const load = startLoad(port, 16);
    const [last, ...others] = workers;
    for (const worker of others) {
      const { done } = load;
      await until('some more are served', () => load.done > done + 100);
      worker.send({ do: 'close' });
      await worker.event('close');
      await until('it is drained', () => worker.slot.state === 'drained');
    }
    const atEnd = load.done;
    await until('the last one serves', () => load.done > atEnd + 100);
    const { served, failures } = await load.stop();
    t.strictSame(failures, [], 'no client was lost');
    t.equal(Object.keys(served).length, workers.length, 'all have served');
    t.strictSame(await read(port), `${last?.pid}\n`);

    // A server that comes back is served again.
    others[0]?.send({ do: 'attach' });
    await until('it is ready again', () => others[0]?.slot.state === 'ready');
    const lines = [await read(port), await read(port)];
    t.ok(lines.includes(`${others[0]?.pid}\n`), 'it serves again');
    t.match(await settled(dispatcher), { listeners: [{ closed: 0 }] });
  });
}
