// All processes but the first are replaced, one after the other, as in a rolling reload: every number stays.

import { counter, histogram, limiter, map } from 'rondo/shared';
import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { startSharer, startSharers } from '../fixtures/shared.js';

const LIMIT = { name: 'limit', limit: 1000, windowMs: 2_000_000_000 };
const MAP = { name: 'map' };
const TIMES = { name: 'times', buckets: [1, 10] };

test('ten reloads lose nothing', nativeOnly, async (t) => {
  const sharers = await startSharers(t, 2);
  for (let reload = 0; reload < 10; reload++) {
    const index = reload % 2;
    const old = sharers[index];
    await old?.call('add', 'count', 1, 100);
    await old?.call('take', LIMIT, 'key', 10);
    await old?.call('set', MAP, `key ${reload}`, String(reload));
    await old?.call('observe', TIMES, reload);
    const next = await startSharer(t);
    await old?.kill(reload % 4 < 2 ? 'SIGTERM' : 'SIGKILL');
    sharers[index] = next;
  }
  t.equal(counter('count').get(), 1000);
  t.equal(limiter(LIMIT).peek('key').remaining, 900);
  t.match(histogram(TIMES).get(), {
    count: 10,
    sum: 45,
    buckets: [{ count: 2 }, { count: 8 }, {}],
  });
  t.equal(map(MAP).keys().length, 10);
  for (let reload = 0; reload < 10; reload++) {
    t.equal(await sharers[0]?.call('get', MAP, `key ${reload}`), String(reload));
  }
});

test('a grandchild uses the same', nativeOnly, async (t) => {
  const sharer = await startSharer(t);
  const inherited = (await sharer.call('environment')) as Record<string, string>;
  const grandchild = await startSharer(t, inherited);
  await sharer.kill();
  await grandchild.call('add', 'of a grandchild', 5);
  t.equal(counter('of a grandchild').get(), 5);
});

test('a new release has another limit', nativeOnly, async (t) => {
  const old = await startSharer(t);
  const options = { ...LIMIT, name: 'changed', limit: 10 };
  const take = (n: number): Promise<unknown> => old.call('take', options, 'key', n);
  t.equal(await take(8), 8);
  const more = limiter({ ...options, limit: 12 });
  t.match(more.take('key', 3), { ok: true, remaining: 1 }, 'what was taken counts');
  t.equal(await take(1), 0, 'for both');
  const fewer = limiter({ ...options, limit: 5 });
  t.match(fewer.take('key'), { ok: false, remaining: 0 });
});
