// The limits of a primary without the addon: at any time what native/shared/limits.cc says, and the same answers as a
// limiter in shared memory for the same calls.

import { limiter } from 'rondo/shared';
import { test } from 'tap';
import { PlainLimiter } from '../../src/shared/plain/limiter.js';
import { PlainMap } from '../../src/shared/plain/map.js';
import type { LimiterAlgorithm } from '../../src/shared/types.js';
import { nativeOnly } from '../fixtures/harness.js';

/** What is done when; and what is left, and for how long, or that it is denied. */
type Step = [nowMs: number, n: number, remaining: number | 'denied', resetMs: number];

/** Limit 4 in 100 ms. */
const STEPS: Record<LimiterAlgorithm, Step[]> = {
  'fixed-window': [
    [1_000, 1, 3, 100],
    [1_050, 3, 0, 50],
    [1_099, 1, 'denied', 1],
    [1_100, 1, 3, 100],
    [1_120, -1, 4, 0],
    [1_130, 2, 2, 100],
  ],
  'sliding-window': [
    [1_000, 4, 0, 200],
    [1_099, 1, 'denied', 101],
    [1_100, 0, 0, 100],
    [1_125, 1, 0, 175],
    [1_150, 1, 0, 150],
    [1_151, 1, 'denied', 149],
    [1_199, 1, 0, 101],
    [1_200, 0, 1, 100],
    [1_299, 0, 3, 1],
    [1_300, 0, 4, 0],
    [1_500, 4, 0, 200],
    [1_510, -3, 3, 190],
    [1_520, -3, 4, 0],
  ],
  'token-bucket': [
    [1_000, 4, 0, 100],
    [1_024, 1, 'denied', 76],
    [1_025, 1, 0, 100],
    [1_075, 0, 2, 50],
    [1_074, 1, 1, 75],
    [1_125, -1, 4, 0],
    [1_125, 1, 3, 25],
  ],
};

for (const [algorithm, steps] of Object.entries(STEPS) as Array<[LimiterAlgorithm, Step[]]>) {
  test(`${algorithm}: as time goes on`, async (t) => {
    let now = 0;
    const plain = new PlainLimiter({ algorithm, limit: 4, windowMs: 100 }, 10, () => now);
    for (const [at, n, remaining, resetMs] of steps) {
      now = at;
      if (n < 0) plain.giveBack('key', -n);
      const taken = plain.take('key', Math.max(n, 0), 'deny');
      t.strictSame(
        [taken.ok ? taken.remaining : 'denied', taken.resetMs],
        [remaining, resetMs],
        `${n} at ${at}`,
      );
    }
  });

  test(`${algorithm}: as in shared memory`, nativeOnly, async (t) => {
    // No test takes an hour, and no part of one comes back in a bucket before.
    const rule = { name: `agree ${algorithm}`, algorithm, limit: 50, windowMs: 100 * 3_600_000 };
    const native = limiter(rule);
    const plain = new PlainLimiter(rule, 100, () => 1_000);
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed % below;
    };
    for (let i = 0; i < 500; i++) {
      const key = `key ${random(5)}`;
      const n = random(20);
      const what = random(10);
      for (const one of [native, plain]) {
        if (what === 0) one.reset(key);
        else if (what < 4) one.giveBack(key, n);
      }
      const { ok, remaining } = native.take(key, n);
      const expected = plain.take(key, n, 'deny');
      t.strictSame({ ok, remaining }, { ok: expected.ok, remaining: expected.remaining }, `${i}`);
    }
  });
}

test('a full limiter has room when a key counts no more', async (t) => {
  let now = 0;
  const plain = new PlainLimiter(
    { algorithm: 'fixed-window', limit: 1, windowMs: 10 },
    2,
    () => now,
  );
  for (const key of ['a', 'b']) t.ok(plain.take(key, 1, 'deny').ok);
  t.strictSame(plain.take('c', 1, 'deny'), { ok: false, remaining: 0, resetMs: 10 });
  t.match(plain.take('c', 1, 'allow'), { ok: true });
  t.match(plain.take('c', 1, 'allow'), { ok: true }, 'for it is not counted');
  t.strictSame(plain.stats(), { entries: 2, capacity: 2, refused: 3, evicted: 0 });
  plain.giveBack('a', 1);
  t.ok(plain.take('c', 1, 'deny').ok);
  now = 10;
  t.strictSame(plain.stats(), { entries: 0, capacity: 2, refused: 3, evicted: 0 });
  t.ok(plain.take('d', 1, 'deny').ok);
});

test('a map', async (t) => {
  let now = 0;
  const plain = new PlainMap(2, () => now);
  const value = Buffer.from('v');
  t.ok(plain.set('a', value, 10, 'refuse') && plain.set('b', value, 0, 'refuse'));
  t.notOk(plain.set('c', value, 0, 'refuse'), 'full');
  t.ok(plain.set('b', value, 20, 'refuse'), 'a key that is there needs no room');
  now = 10;
  t.equal(plain.get('a'), undefined, 'expired');
  t.ok(plain.set('c', value, 0, 'refuse'), 'which makes room');
  t.ok(plain.set('d', value, 0, 'evict'));
  t.strictSame([plain.has('b'), plain.has('c'), plain.has('d')], [false, true, true]);
});
