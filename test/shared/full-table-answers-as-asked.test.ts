// A table without room for another key: what it answers is chosen by an option, and counted for all.

import { limiter, map } from 'rondo/shared';
import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { startSharer } from '../fixtures/shared.js';

test('a map refuses, or lets go of what was set longest ago', nativeOnly, async (t) => {
  const refusing = map({ name: 'map', entries: 3 });
  const evicting = map({ name: 'map', entries: 3, whenFull: 'evict' });
  for (const key of ['a', 'b', 'c']) t.ok(refusing.set(key, key));
  t.notOk(refusing.set('d', 'd'));
  t.notOk(refusing.update('d', () => 'd'));
  t.ok(refusing.set('a', 'A'), 'a key that is there can be set');
  t.strictSame(refusing.stats(), { entries: 3, capacity: 3, refused: 2, evicted: 0 });
  t.ok(evicting.set('e', 'e'));
  t.strictSame(evicting.keys().sort(), ['a', 'c', 'e'], 'b was set longest ago');
  t.strictSame(refusing.stats(), { entries: 3, capacity: 3, refused: 2, evicted: 1 });
  refusing.delete('c');
  t.ok(refusing.set('f', 'f'), 'what is deleted makes room');
});

test('a limiter allows, or denies', nativeOnly, async (t) => {
  const options = { name: 'limiter', limit: 5, windowMs: 2_000_000_000, entries: 2 };
  const denying = limiter({ ...options, whenFull: 'deny' });
  limiter(options).take('a');
  limiter(options).take('b');
  t.strictSame(limiter(options).take('c'), { ok: true, remaining: 4, resetMs: 2_000_000_000 });
  t.strictSame(limiter(options).take('c').remaining, 4, 'without being counted');
  t.strictSame(denying.take('c'), { ok: false, remaining: 0, resetMs: 2_000_000_000 });
  t.equal(denying.take('a').remaining, 3, 'keys that are there go on');
  t.strictSame(denying.stats(), { entries: 2, capacity: 2, refused: 3, evicted: 0 });
  const sharer = await startSharer(t);
  t.equal(await sharer.call('take', options, 'z'), 1);
  t.match(await sharer.call('limiterStats', options), { refused: 4 }, 'counted over all processes');
});

test('there is room for as many as were asked for', nativeOnly, async (t) => {
  const many = limiter({ name: 'many', limit: 5, windowMs: 2_000_000_000, entries: 20_000 });
  for (let i = 0; i < 20_000; i++) many.take(`10.0.${i >> 8}.${i & 255}`);
  t.match(many.stats(), { entries: 20_000, refused: 0 });
  for (let i = 0; i < 100_000; i++) many.take(`fd00::${i}`);
  const { entries, refused } = many.stats();
  t.ok(refused > 0, 'and some time it is full');
  t.equal(entries + refused, 120_000, 'each key is counted, or refused and counted');
});
