// When a worker goes, its sessions go to others and stay there; no other session moves, not even when new workers come.

import { test } from 'tap';
import { nativeOnly, openDeck, type Worker } from '../fixtures/harness.js';
import { pidsOf, STICKY_WORKER } from '../fixtures/sticky.js';

const SESSIONS: Array<[path: string]> = Array.from({ length: 24 }, (_, n) => [`/?sid=${n}`]);

for (const how of ['killed', 'closes its slot'] as const) {
  test(`one that is ${how}`, nativeOnly, async (t) => {
    const deck = await openDeck(t, { sticky: 'query:sid' });
    const workers: Worker[] = [];
    for (let i = 0; i < 4; i++) workers.push(await deck.worker([], { file: STICKY_WORKER }));
    const before = await pidsOf(deck.port, SESSIONS);
    const [gone] = workers as [Worker];
    if (how === 'killed') await gone.kill();
    else gone.slot.close();
    const after = await pidsOf(deck.port, SESSIONS);
    t.notOk(after.includes(gone.pid));
    before.forEach((pid, n) => {
      if (pid !== gone.pid) t.equal(after[n], pid, 'a session of another stays');
    });
    const moved = after.filter((_, n) => before[n] === gone.pid);
    t.equal(new Set(moved).size, 3, 'those of the one that went are spread over the others');
    await deck.worker([], { file: STICKY_WORKER });
    t.strictSame(await pidsOf(deck.port, SESSIONS), after, 'a new worker takes none of them');
  });
}

test('all are replaced, one after another', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: 'query:sid' });
  let workers: Worker[] = [];
  for (let i = 0; i < 2; i++) workers.push(await deck.worker([], { file: STICKY_WORKER }));
  await pidsOf(deck.port, SESSIONS);
  for (const old of workers) {
    await deck.worker([], { file: STICKY_WORKER });
    old.slot.close();
  }
  const after = await pidsOf(deck.port, SESSIONS);
  t.notOk(after.some((pid) => workers.some((old) => old.pid === pid)));
  t.strictSame(await pidsOf(deck.port, SESSIONS), after, 'each stays with its successor');
  workers = [];
});

test('a new process in the same slot is another worker', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: 'query:sid' });
  const first = await deck.worker([], { file: STICKY_WORKER });
  await pidsOf(deck.port, SESSIONS);
  await first.kill();
  await deck.worker([], { file: STICKY_WORKER, slot: first.slot });
  await deck.worker([], { file: STICKY_WORKER });
  t.equal(new Set(await pidsOf(deck.port, SESSIONS)).size, 2, 'its sessions are dealt anew');
});
