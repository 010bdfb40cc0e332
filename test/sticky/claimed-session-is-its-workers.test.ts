// A session that a worker claims before it answers is its own, also for a connection that comes at once; until it is
// released, or another worker claims it.

import { test } from 'tap';
import { nativeOnly, openDeck } from '../fixtures/harness.js';
import { pidsOf, STICKY_WORKER, type Visit, visit } from '../fixtures/sticky.js';

const WORKERS = 4;

const KINDS: Array<[sticky: string, show: (id: string) => [path: string, visit?: Visit]]> = [
  ['query:sid', (id) => [`/?sid=${id}`]],
  ['cookie:io', (id) => ['/', { headers: { cookie: `io=${id}` } }]],
];

for (const [sticky, show] of KINDS) {
  test(`by ${sticky}, 400 times at once`, nativeOnly, async (t) => {
    const deck = await openDeck(t, { sticky });
    for (let i = 0; i < WORKERS; i++) await deck.worker([], { file: STICKY_WORKER });
    let wrong = 0;
    const pids = new Set<number>();
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const id = `${round}-${n}`;
          const { pid } = await visit(deck.port, `/?claim=${id}`);
          pids.add(pid);
          const next = await visit(deck.port, ...show(id));
          if (next.pid !== pid) wrong++;
        }),
      );
    }
    t.equal(wrong, 0, 'the next connection finds the worker that has begun it');
    t.equal(pids.size, WORKERS, 'they begin on all workers');
  });
}

test('released, and claimed by another', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: 'query:sid' });
  for (let i = 0; i < WORKERS; i++) await deck.worker([], { file: STICKY_WORKER });
  const first = (await visit(deck.port, '/?claim=a')).pid;
  t.strictSame(await pidsOf(deck.port, [['/?sid=a'], ['/?sid=a']]), [first, first]);
  // In turn, so the next is another worker.
  const second = (await visit(deck.port, '/?claim=a')).pid;
  t.not(second, first);
  t.strictSame(await pidsOf(deck.port, [['/?sid=a'], ['/?sid=a']]), [second, second], 'it moves');
  let other = await visit(deck.port, '/?release=a');
  while (other.pid === second) other = await visit(deck.port, '/?release=a');
  t.equal(
    (await visit(deck.port, '/?sid=a')).pid,
    second,
    'one who has not got it cannot release it',
  );
  await visit(deck.port, '/?sid=a&release=a');
  const pids = new Set<number>();
  for (let i = 0; i < WORKERS; i++) {
    const { pid } = await visit(deck.port, '/?sid=a');
    pids.add(pid);
    await visit(deck.port, '/?sid=a&release=a');
  }
  t.ok(pids.size > 1, 'released, it is dealt as a new one each time');
});
