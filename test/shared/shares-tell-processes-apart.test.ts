// Gauges and histograms have a share of each process: whose it is, and whether that lives.

import { gauge, histogram } from 'rondo/shared';
import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { startSharer } from '../fixtures/shared.js';

test('a gauge counts those that live', nativeOnly, async (t) => {
  const open = gauge('open');
  t.equal(open.get(), 0);
  open.set(1.5);
  open.add(2);
  open.add(-0.25);
  const sharer = await startSharer(t, { RONDO_SEAT: '4' });
  await sharer.call('gauge', 'open', 10);
  t.equal(open.get(), 13.25);
  const own = { pid: process.pid, seat: null, isAlive: true, value: 3.25 };
  const other = { pid: sharer.pid, seat: 4, isAlive: true, value: 10 };
  t.strictSame(open.shares(), [own, other]);
  await sharer.kill();
  t.equal(open.get(), 3.25);
  t.strictSame(open.shares(), [own, { ...other, isAlive: false }], 'the share is known still');
  const next = await startSharer(t, { RONDO_SEAT: '4' });
  await next.call('gauge', 'open', 20);
  t.strictSame(open.shares(), [own, { ...other, pid: next.pid, value: 20 }]);
});

test('a histogram counts those that have ended, too', nativeOnly, async (t) => {
  const options = { name: 'times', buckets: [0.5, 1, 2] };
  const times = histogram(options);
  t.strictSame(times.get(), {
    count: 0,
    sum: 0,
    buckets: [0.5, 1, 2, Number.POSITIVE_INFINITY].map((le) => ({ le, count: 0 })),
  });
  for (const value of [0, 0.5, 0.75, -1]) times.observe(value);
  const sharer = await startSharer(t, { RONDO_SEAT: '1' });
  await sharer.call('observe', options, 1, 1.25, 100);
  const counts = [3, 2, 1, 1];
  t.match(times.get(), { count: 7, sum: 102.5, buckets: counts.map((count) => ({ count })) });
  await sharer.kill();
  t.match(times.get(), { count: 7, sum: 102.5 }, 'nothing goes with a process');
  t.match(times.shares(), [
    { pid: process.pid, isAlive: true, value: { count: 4, sum: 0.25 } },
    { pid: sharer.pid, seat: 1, isAlive: false, value: { count: 3, sum: 102.25 } },
  ]);
  const next = await startSharer(t);
  await next.call('observe', options, 3);
  t.match(times.get(), { count: 8, sum: 105.5 });
  t.match(times.shares()[1], { pid: next.pid, seat: null, value: { count: 1, sum: 3 } });
});
