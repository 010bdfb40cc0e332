// A worker that received several connections at once, and dies of the first, has lost that one only:
// another serves the rest.

import { test } from 'tap';
import { proceed, stop, tally, until } from '../fixtures/faults.js';
import { openDeck, read, transports, untilGone } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

const WINDOW = 6;

for (const transport of transports()) {
  test(transport, async (t) => {
    const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
    const { dispatcher, port, worker: start } = deck;
    const doomed = await start(['throw']);
    await stop(doomed.pid);
    const clients = Array.from({ length: WINDOW }, () => read(port).catch(() => 'reset'));
    const figures = () => dispatcher.stats().slots[doomed.slot.id];
    await until('its window is full', () => figures()?.pending === WINDOW);
    const other = await start();
    const gone = untilGone(dispatcher, doomed.slot);
    proceed(doomed.pid);
    t.match(await gone, { code: 3, signal: null });
    const lines = tally(await Promise.all(clients));
    t.equal(lines[`${other.pid}\n`], WINDOW - 1, 'all but one');
    const { accepted, listeners } = await settled(dispatcher);
    t.match({ accepted, listeners }, { accepted: WINDOW, listeners: [{ closed: 0 }] });
    // More if the engine dealt them to the dying worker once more before it was dead.
    t.ok((listeners[0]?.redealt ?? 0) >= WINDOW - 1);
  });
}
