// Every connection is accounted for, over thousands of them and while workers are killed; and the
// primary has as many file descriptors open as before.

import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { openDeck, openFds, transports, type Worker } from '../fixtures/harness.js';
import { startLoad } from '../fixtures/load.js';
import { settled, sum } from '../fixtures/settled.js';

// The ipc transport takes a multiple of the time.
const CONNECTIONS = { native: 10_000, ipc: 3000 };
const KILLS = { native: 20, ipc: 4 };
const WORKERS = 4;
const CLIENTS = 8;

for (const transport of transports()) {
  test(`${transport}: ${CONNECTIONS[transport]} connections`, async (t) => {
    // On a machine that is busy with other things a worker may stand for long.
    const deck = await openDeck(t, { transport, takeBackMs: 0 });
    for (let i = 0; i < WORKERS; i++) await deck.worker();
    const fds = openFds();
    const { served, failures, total } = await startLoad(
      deck.port,
      32,
      CONNECTIONS[transport],
    ).stop();
    t.strictSame(failures, []);
    const { slots, listeners, ...stats } = await settled(deck.dispatcher);
    t.match(stats, { accepted: CONNECTIONS[transport], waiting: 0 });
    t.match(listeners, [{ accepted: total, redealt: 0, closed: 0, acceptErrors: {} }]);
    for (const { pid, handed, received, refused, reclaimed } of slots) {
      const own = served[String(pid)];
      t.strictSame([handed, received, refused, reclaimed], [own, own, 0, 0], 'what it has served');
      t.ok(Number(own) > total / WORKERS / 2, 'and that is not few');
    }
    t.equal(openFds(), fds, 'as many fds as before');
  });

  test(`${transport}: ${KILLS[transport]} killed workers`, async (t) => {
    const deck = await openDeck(t, { transport, window: 4 });
    const workers: Worker[] = [];
    for (let i = 0; i < WORKERS; i++) workers.push(await deck.worker());
    const fds = openFds();
    const load = startLoad(deck.port, CLIENTS);
    for (let kill = 0; kill < KILLS[transport]; kill++) {
      const { done } = load;
      await until('some more are served', () => load.done > done + 20);
      const { slot, kill: end } = workers[kill % WORKERS] as Worker;
      await end();
      workers[kill % WORKERS] = await deck.worker(['line'], { slot });
    }
    const { served, failures, total } = await load.stop();
    const { slots, listeners, ...stats } = await settled(deck.dispatcher);
    const [listener] = listeners as [(typeof listeners)[0]];
    t.match(stats, { accepted: total, waiting: 0 }, 'nobody hangs');
    t.match(listener, { accepted: total, closed: 0 });
    // With ipc the channel of a dead worker fails; with native the primary holds both its ends.
    const failed = slots.flatMap(({ handoffErrors }) => Object.values(handoffErrors));
    if (transport === 'native') t.strictSame(failed, []);
    const notSent = failed.reduce((total, count) => total + count, 0);
    const givenBack = sum(slots, 'refused') + sum(slots, 'reclaimed');
    t.equal(listener.redealt, givenBack + notSent, 'dealt again');
    t.equal(sum(slots, 'handed'), total + givenBack, 'handed once, or once more');
    t.equal(
      sum(slots, 'received'),
      sum(slots, 'handed') - sum(slots, 'reclaimed'),
      'received, or read back',
    );
    // Each was received once by somebody. What a client lost, it lost with a worker that had it.
    t.equal(sum(slots, 'received') - sum(slots, 'refused'), total);
    t.equal(Object.keys(served).length > KILLS[transport], true, 'replacements have served');
    // A line is served as soon as it is received, so that is next to nothing.
    t.ok(failures.length <= KILLS[transport], `${failures.length} of ${total} lost`);
    t.equal(sum(slots, 'lost'), 0);
    t.equal(openFds(), fds, 'as many fds as before');
  });
}
