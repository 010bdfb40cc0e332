// A process that attaches no server is handed nothing and is in nobody's way; when it attaches at last
// it gets its share.

import { test } from 'tap';
import { settles, tally } from '../fixtures/faults.js';
import { openDeck, read, transports } from '../fixtures/harness.js';

const CLIENTS = 40;

for (const transport of transports()) {
  test(transport, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport });
    const silent = await start(['never'], { isUnready: true });
    await silent.event('started');
    const good = await start();
    const lines = await Promise.all(Array.from({ length: CLIENTS }, () => read(port)));
    t.strictSame(tally(lines), { [`${good.pid}\n`]: CLIENTS });
    await settles(t, () => dispatcher.stats().slots[silent.slot.id], {
      state: 'starting',
      handed: 0,
      pending: 0,
    });

    const ready = new Promise<void>((resolve) => dispatcher.once('slot:ready', () => resolve()));
    silent.send({ do: 'attach' });
    await ready;
    const both = [];
    for (let i = 0; i < CLIENTS; i++) both.push(await read(port));
    const share = CLIENTS / 2;
    t.strictSame(tally(both), { [`${good.pid}\n`]: share, [`${silent.pid}\n`]: share });
  });
}
