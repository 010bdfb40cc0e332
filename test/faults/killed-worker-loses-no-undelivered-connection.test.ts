// Connections that a worker was handed and had not received when it was killed are served by another
// worker, or, without another, by the slot's next process.

import { test } from 'tap';
import { settles, stop, tally, until } from '../fixtures/faults.js';
import { openDeck, read, transports, untilGone } from '../fixtures/harness.js';

const WINDOW = 8;

for (const transport of transports()) {
  test(`${transport}: another worker serves them`, async (t) => {
    const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
    const { dispatcher, port, worker: start } = deck;
    const doomed = await start();
    await stop(doomed.pid);
    // No other is ready yet, so that all of these wait for the doomed one.
    const clients = Array.from({ length: WINDOW }, () => read(port));
    const figures = () => dispatcher.stats().slots[doomed.slot.id];
    await until('its window is full', () => figures()?.pending === WINDOW);
    const heir = await start();

    const gone = untilGone(dispatcher, doomed.slot);
    doomed.child.kill('SIGKILL');
    t.match(await gone, { signal: 'SIGKILL', reclaimed: WINDOW });
    t.strictSame(tally(await Promise.all(clients)), { [`${heir.pid}\n`]: WINDOW });
    const figure = { handed: WINDOW, reclaimed: WINDOW, pending: 0, received: 0, open: 0 };
    await settles(t, () => figures(), { state: 'open', pid: null, ...figure });
    await settles(t, () => dispatcher.stats(), {
      accepted: WINDOW,
      waiting: 0,
      listeners: [{ redealt: WINDOW, closed: 0 }],
    });
  });

  test(`${transport}: the slot's next process serves them`, async (t) => {
    const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
    const { dispatcher, port, worker: start } = deck;
    const doomed = await start();
    const { slot } = doomed;
    t.equal(await read(port), `${doomed.pid}\n`, 'it has served one before');
    await stop(doomed.pid);
    const clients = Array.from({ length: WINDOW }, () => read(port));
    await until('its window is full', () => dispatcher.stats().slots[0]?.pending === WINDOW);
    await doomed.kill();
    await settles(t, () => dispatcher.stats(), { waiting: WINDOW });

    const heir = await start(['line'], { slot });
    t.strictSame(tally(await Promise.all(clients)), { [`${heir.pid}\n`]: WINDOW });
    await settles(t, () => dispatcher.stats().slots[0], {
      handed: 2 * WINDOW + 1,
      reclaimed: WINDOW,
      pending: 0,
      received: WINDOW + 1,
    });
  });
}
