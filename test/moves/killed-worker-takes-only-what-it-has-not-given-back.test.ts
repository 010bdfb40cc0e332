// A worker that is killed while it gives its connections back takes down those alone that it has still: each other one
// is held by the primary, and its next request is answered. The figures say how many there are of either.

import { test } from 'tap';
import { settles, until } from '../fixtures/faults.js';
import { fixture, nativeOnly, openDeck } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

const ROUNDS = 8;
const CLIENTS = 60;

test('SIGKILL', nativeOnly, async (t) => {
  const deck = await openDeck(t);
  const { dispatcher } = deck;
  const file = fixture('moving-worker.mjs');
  for (let round = 0; round < ROUNDS; round++) {
    const doomed = await deck.worker(['http'], { file });
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => KeepAliveClient.open(deck.port)),
    );
    for (const client of clients) await client.get();
    const before = dispatcher.stats();
    doomed.send({ do: 'drain', options: { moves: true } });
    // When so many are there it is in the midst of the others.
    const least = (CLIENTS * round) / ROUNDS;
    await until('it gives back', () => {
      const { held } = dispatcher.stats().idle;
      return held > 0 && held >= least;
    });
    await doomed.kill('SIGKILL');
    const slot = dispatcher.stats().slots.find(({ id }) => id === doomed.slot.id);
    const { released = 0, unfinished = 0, lost } = slot ?? {};
    const gone =
      unfinished - (before.slots.find(({ id }) => id === doomed.slot.id)?.unfinished ?? 0);
    t.equal(lost, 0);
    await until('the others know', () => clients.filter(({ ended }) => ended).length === gone);
    const left = clients.filter(({ ended }) => ended === null);
    t.equal(left.length + gone, CLIENTS);
    t.match(dispatcher.stats().idle, { held: left.length, closed: 0 });
    t.comment(`${released} given back, ${gone} went down with it`);
    const heir = await deck.worker(['http'], { file });
    const pids = await Promise.all(
      left.map(async (client) => (await client.get()).body.toString()),
    );
    t.ok(pids.every((pid) => pid === String(heir.pid)));
    for (const client of clients) client.destroy();
    await settles(t, () => dispatcher.stats(), { idle: { held: 0 }, waiting: 0 });
    await heir.kill();
  }
});
