// Counters that several processes change at once lose nothing, and never hold what a number cannot.

import { counter } from 'rondo/shared';
import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { startSharers } from '../fixtures/shared.js';

const LARGEST = Number.MAX_SAFE_INTEGER;

test('four processes add to one counter', nativeOnly, async (t) => {
  const sharers = await startSharers(t, 4);
  await Promise.all(sharers.map(({ call }) => call('add', 'hot', 1, 200_000)));
  t.equal(counter('hot').get(), 800_000);
  await Promise.all(sharers.map(({ call }, i) => call('add', 'hot', i < 2 ? -3 : 2, 50_000)));
  t.equal(counter('hot').get(), 700_000);
  t.equal(await sharers[0]?.call('count', 'hot'), 700_000, 'all see the same');
});

test('compareAndSet is atomic', nativeOnly, async (t) => {
  const sharers = await startSharers(t, 3);
  await Promise.all(sharers.map(({ call }) => call('swap', 'swapped', 200_000)));
  t.equal(counter('swapped').get(), 600_000);
});

test('one process', nativeOnly, async (t) => {
  const one = counter('one');
  t.equal(one.get(), 0, 'starts at 0');
  t.equal(one.add(), 1);
  t.equal(one.add(41), 42);
  t.equal(one.add(-50), -8);
  t.equal(one.add(0), -8);
  one.set(7);
  t.notOk(one.compareAndSet(6, 1));
  t.equal(one.get(), 7);
  t.ok(one.compareAndSet(7, 1));
  t.equal(counter('one').get(), 1, 'a name is one counter');
  t.equal(counter('another').get(), 0);
  t.equal(one.name, 'one');
  t.equal(await one.async.add(2), 3);
  t.equal(await one.async.get(), 3);
  await one.async.set(9);
  t.equal(await one.async.compareAndSet(9, 10), true);
  t.equal(one.get(), 10);
});

test('no value is rounded', nativeOnly, async (t) => {
  const one = counter('range');
  one.set(LARGEST - 1);
  t.equal(one.add(), LARGEST);
  t.throws(() => one.add(), { code: 'ERR_RONDO_SHARED_RANGE', message: /'range'.*Added was 1$/ });
  t.equal(one.get(), LARGEST, 'and nothing was added');
  one.set(-LARGEST);
  t.throws(() => one.add(-1), { code: 'ERR_RONDO_SHARED_RANGE' });
  t.throws(() => one.add(-LARGEST), { code: 'ERR_RONDO_SHARED_RANGE' });
  t.equal(one.add(LARGEST), 0);
  await t.rejects(one.async.add(LARGEST + 1), { code: 'ERR_RONDO_INVALID_OPTION' });
});
