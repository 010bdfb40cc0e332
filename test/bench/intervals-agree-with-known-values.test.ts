// What a report or a comparison claims rests on medians and their intervals: they agree with what is known,
// hold what 95 % promises where that can be simulated, and come out the same each time.

import { test } from 'tap';

const STATISTICS = new URL('../../bench/lib/statistics.mjs', import.meta.url).href;
const {
  median,
  medianInterval,
  normalShare,
  quantile,
  randomSource,
  ratioOfMedians,
  studentQuantile,
} = await import(STATISTICS);

const TRIES = 400;

test('medians and quantiles', (t) => {
  t.equal(median([]), undefined);
  t.equal(median([3]), 3);
  t.equal(median([9, 1, 5]), 5);
  t.equal(median([4, 1, 3, 2]), 2.5);
  t.equal(quantile([1, 2, 3, 4], 0.5), 2);
  t.equal(quantile([1, 2, 3, 4], 0.51), 3);
  t.equal(quantile([1, 2, 3, 4], 0), 1);
  t.equal(quantile([1, 2, 3, 4], 1), 4);
  t.end();
});

test('distributions, beside printed tables', (t) => {
  t.ok(Math.abs(normalShare(-1.959964) - 0.025) < 1e-6);
  t.ok(Math.abs(normalShare(1) - 0.8413447) < 1e-6);
  for (const [degrees, expected] of [
    [4, 2.776],
    [6, 2.447],
    [10, 2.228],
    [30, 2.042],
  ] as const) {
    const found = studentQuantile(degrees);
    t.ok(Math.abs(found - expected) < 0.01, `${degrees} degrees of freedom: ${found}`);
  }
  t.equal(randomSource(1)(), 0.6270739405881613, 'the first number of mulberry32 for the seed 1');
  t.end();
});

test('the interval of a median', (t) => {
  t.equal(medianInterval([1, 2, 3, 4]), undefined, 'none for four values');
  t.same(medianInterval([7, 7, 7, 7, 7]), { from: 7, to: 7 });
  t.same(medianInterval([5, 1, 3, 2, 4]), { from: 1, to: 5 }, 'all there is, for five');
  const values = Array.from({ length: 101 }, (_, index) => index);
  const { from, to } = medianInterval(values);
  // By the binomial distribution: ranks 41 and 61 of 101, give or take one.
  t.ok(from >= 38 && from <= 42 && to >= 58 && to <= 62, `${from} to ${to}`);
  t.same(medianInterval(values), { from, to }, 'the same each time');
  t.end();
});

test('the ratio of two medians', (t) => {
  const base = [98, 99, 100, 101, 102];
  const { ratio, interval } = ratioOfMedians(
    base.map((value) => value * 2),
    base,
  );
  t.equal(ratio, 2);
  t.ok(interval.from >= (2 * 98) / 102 && interval.from < 2, `from ${interval.from}`);
  t.ok(interval.to <= (2 * 102) / 98 && interval.to > 2, `to ${interval.to}`);
  t.same(ratioOfMedians([5, 5, 5, 5, 5], [4, 4, 4, 4, 4]), {
    ratio: 1.25,
    interval: { from: 1.25, to: 1.25 },
  });
  t.equal(ratioOfMedians([1, 2], base).interval, undefined, 'no interval of two values');
  t.equal(ratioOfMedians(base, [0, 0, 0, 0, 0]), undefined, 'no ratio to nothing');
  t.equal(ratioOfMedians([], base), undefined);
  t.end();
});

test('95 % intervals are right in about 95 % of cases', (t) => {
  const random = randomSource(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = (count: number) => Array.from({ length: count }, () => 100 + 5 * normal());
  for (const count of [5, 7, 15]) {
    let [medians, ratios] = [0, 0];
    for (let index = 0; index < TRIES; index++) {
      const values = draw(count);
      const own = medianInterval(values);
      const { interval } = ratioOfMedians(values, draw(count));
      if (own.from <= 100 && own.to >= 100) medians++;
      if (interval.from <= 1 && interval.to >= 1) ratios++;
    }
    for (const [what, right] of [
      ['medians', medians],
      ['ratios', ratios],
    ] as const) {
      const share = right / TRIES;
      t.ok(share >= 0.92 && share < 1, `${what} of ${count}: right in ${share} of cases`);
    }
  }
  t.end();
});
