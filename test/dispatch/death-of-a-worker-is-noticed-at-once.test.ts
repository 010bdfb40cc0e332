// A worker that is killed with connections on their way to it: the primary knows it by the process's
// exit, and does not wait for anything else before it deals them again.

import { once } from 'node:events';
import { test } from 'tap';
import { stop, until } from '../fixtures/faults.js';
import { openDeck, read, transports } from '../fixtures/harness.js';

const WINDOW = 4;
const TIMES = 3;

/** Far more than it takes, on any machine, and less than any patience would be. */
const BOUND_MS = 400;

for (const transport of transports()) {
  test(transport, async (t) => {
    const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
    const { dispatcher, port, worker: start } = deck;
    const other = await start();
    const slot = dispatcher.openSlot();
    const delays: number[] = [];
    for (let i = 0; i < TIMES; i++) {
      const doomed = await start(['line'], { slot });
      await stop(doomed.pid);
      const clients = Array.from({ length: 3 * WINDOW }, () => read(port));
      await until('its window is full', () => dispatcher.stats().slots[1]?.pending === WINDOW);
      const exit = once(doomed.child, 'exit');
      const gone = once(dispatcher, 'slot:gone');
      doomed.child.kill('SIGKILL');
      await exit;
      const exited = performance.now();
      await gone;
      delays.push(performance.now() - exited);
      const lines = new Set(await Promise.all(clients));
      t.strictSame([...lines], [`${other.pid}\n`], 'all are served by the other');
    }
    // One of them may have met a moment in which the machine did something else.
    t.ok(Math.min(...delays) < BOUND_MS, `${delays.map(Math.round).join(', ')} ms`);
  });
}
