// A listener that is flooded does not starve another one that the same workers serve: whoever connects to
// the other is served long before the flood is over.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { openDeck, read, transports } from '../fixtures/harness.js';

const FLOOD = 180;
const BUSY_MS = 10;
/** Of the flood, while one of the others is served. In turn it is a few; behind the flood all of it. */
const MOST_BETWEEN = 45;

for (const transport of transports()) {
  test(transport, async (t) => {
    const deck = await openDeck(t, { transport, window: 2 });
    const other = await deck.dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'other' });
    const { port } = other.address() as AddressInfo;
    for (let i = 0; i < 2; i++) await deck.worker(['slow', `--ms=${BUSY_MS}`]);
    let done = 0;
    const flood = Array.from({ length: FLOOD }, async () => {
      await read(deck.port);
      done++;
    });
    await until('the flood is served', () => done > 0);
    for (let i = 0; i < 3; i++) {
      const before = done;
      t.match(await read(port), /^\d+\n$/);
      const between = done - before;
      t.ok(between <= MOST_BETWEEN, `${between} of the flood have gone before`);
    }
    t.ok(done < FLOOD, 'which was not over');
    await Promise.all(flood);
    t.match(deck.dispatcher.stats().listeners, [
      { accepted: FLOOD, closed: 0 },
      { accepted: 3, closed: 0 },
    ]);
  });
}
