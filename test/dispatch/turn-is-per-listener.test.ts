// Each listener has a turn of its own: two that are connected to alternately are both dealt evenly, where
// one turn for both would put all of each on one worker.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { openDeck, read, transports } from '../fixtures/harness.js';

const ROUNDS = 12;

for (const transport of transports()) {
  for (const policy of ['round-robin', 'weighted'] as const) {
    test(`${transport}, ${policy}`, async (t) => {
      const deck = await openDeck(t, { transport, policy });
      const other = await deck.dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'other' });
      const ports = [deck.port, (other.address() as AddressInfo).port] as const;
      const pids = [String((await deck.worker()).pid), String((await deck.worker()).pid)];
      const turns: [number[], number[]] = [[], []];
      for (let i = 0; i < 2 * ROUNDS; i++) {
        const which = (i % 2) as 0 | 1;
        turns[which].push(pids.indexOf((await read(ports[which])).trim()));
      }
      for (const turn of turns) {
        const first = turn.filter((slot) => slot === 0).length;
        // In turn, but that a worker in a long turn of its loop may be passed over.
        t.ok(Math.abs(first - ROUNDS / 2) <= 1, `the first has got ${first} of ${ROUNDS}`);
      }
    });
  }
}
