// A worker that does not receive gets as many connections as its window is wide, and never makes the
// others wait.

import { test } from 'tap';
import { proceed, stop, tally, until } from '../fixtures/faults.js';
import { openDeck, read, transports } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

const CLIENTS = 40;
const AUTO = { native: 1, ipc: 2 };

for (const transport of transports()) {
  for (const policy of ['round-robin', 'least-connections'] as const) {
    for (const window of [1, 5, 'auto'] as const) {
      // Of one that has received nothing yet, for that can be more for one that receives quickly.
      const most = window === 'auto' ? AUTO[transport] : window;

      test(`${transport}, ${policy}, window ${window}`, async (t) => {
        // Nothing is taken back from it, or it would have nothing to serve in the end.
        const deck = await openDeck(t, { transport, policy, window, takeBackMs: 0 });
        const { dispatcher, port, worker: start } = deck;
        const [busy, other, third] = [await start(), await start(), await start()];
        await stop(busy.pid);
        let done = 0;
        let mostPending = 0;
        const clients = Array.from({ length: CLIENTS }, async () => {
          const line = await read(port);
          done++;
          return line;
        });
        const pending = () => dispatcher.stats().slots[busy.slot.id]?.pending ?? -1;
        await until('the others have served theirs', () => {
          mostPending = Math.max(mostPending, pending());
          return done === CLIENTS - most;
        });
        t.equal(pending(), most, 'its window is full');
        t.equal(mostPending, most, 'and was never fuller');
        proceed(busy.pid);
        const served = tally(await Promise.all(clients));
        t.equal(served[`${busy.pid}\n`], most, 'it has served these, and no other');
        t.equal((served[`${other.pid}\n`] ?? 0) + (served[`${third.pid}\n`] ?? 0), CLIENTS - most);
        t.match(await settled(dispatcher), {
          accepted: CLIENTS,
          listeners: [{ redealt: 0, closed: 0 }],
        });
      });
    }
  }
}
