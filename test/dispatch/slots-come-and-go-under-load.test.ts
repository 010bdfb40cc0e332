// Workers are added, and slots closed, while clients come all the time: none of them notices.

import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { openDeck, transports } from '../fixtures/harness.js';
import { startLoad } from '../fixtures/load.js';
import { settled } from '../fixtures/settled.js';

const ROUNDS = 4;

for (const transport of transports()) {
  for (const policy of ['round-robin', 'least-connections'] as const) {
    test(`${transport}, ${policy}`, async (t) => {
      const deck = await openDeck(t, { transport, policy, window: 4 });
      const { dispatcher, port, worker: start } = deck;
      const workers = [await start(), await start()];
      const load = startLoad(port, 16);
      const more = async (): Promise<void> => {
        const { done } = load;
        await until('some more are served', () => load.done > done + 50);
      };
      for (let round = 0; round < ROUNDS; round++) {
        workers.push(await start());
        await more();
        workers[round]?.slot.close();
        await more();
      }
      const { served, failures, total } = await load.stop();
      t.strictSame(failures, [], 'no client has noticed');
      t.strictSame(
        Object.keys(served).map(Number).sort(),
        workers.map(({ pid }) => pid).sort(),
        'each has had its time',
      );
      const { slots, ...stats } = await settled(dispatcher);
      t.match(stats, { accepted: total, listeners: [{ closed: 0 }] });
      t.equal(slots.length, 2);
    });
  }
}
