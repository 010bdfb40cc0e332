// Medians, and how far off they may be: 95 % intervals by bootstrap. What is resampled are the
// rounds. Seeded, so that the same results always give the same report and the same verdict.

const RESAMPLES = 2_000;
const SEED = 20_000;
/** Of fewer values no interval can be right 19 times in 20. */
export const MIN_VALUES = 5;

/** @typedef {{ from: number, to: number }} Interval */

/**
 * Undefined for no values.
 * @param {number[]} values
 */
export function median(values) {
  if (values.length === 0) return undefined;
  return sortedMedian(values.toSorted((a, b) => a - b));
}

/**
 * Where the median of all there could be is, 19 times in 20. Undefined for fewer than `MIN_VALUES`.
 *
 * The quantiles are further out than 2.5 and 97.5 %: with few values a plain bootstrap is too sure
 * of itself (7 values: right in 85 to 88 of 100 simulated cases instead of 95; so: in 97). See
 * Hesterberg, "What Teachers Should Know About the Bootstrap", 2015, expanded percentile interval.
 * @param {number[]} values
 * @returns {Interval | undefined}
 */
export function medianInterval(values) {
  const count = values.length;
  if (count < MIN_VALUES) return undefined;
  const tail = normalShare(-Math.sqrt(count / (count - 1)) * studentQuantile(count - 1));
  return between(resampledMedians(values, SEED), tail);
}

/**
 * The ratio of the median of `values` to that of `base`, and where the true one is, 19 times in 20;
 * the two are taken to be independent. A plain percentile interval: for a ratio it holds what it
 * says (5 to 15 values: right in 96 to 98 of 100 simulated cases). Undefined where there is no ratio,
 * the interval where there are too few values on either side.
 * @param {number[]} values
 * @param {number[]} base
 * @returns {{ ratio: number, interval: Interval | undefined } | undefined}
 */
export function ratioOfMedians(values, base) {
  const [top, bottom] = [median(values), median(base)];
  if (top === undefined || bottom === undefined || !(bottom > 0)) return undefined;
  const ratio = top / bottom;
  if (Math.min(values.length, base.length) < MIN_VALUES) return { ratio, interval: undefined };
  const others = resampledMedians(base, SEED + 1);
  const ratios = resampledMedians(values, SEED).map((own, index) =>
    own === others[index] ? 1 : own / others[index],
  );
  return { ratio, interval: between(ratios, 0.025) };
}

/**
 * The smallest value that at least this share of all does not exceed.
 * @param {number[]} sorted not empty
 * @param {number} share
 */
export function quantile(sorted, share) {
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1];
}

/**
 * Numbers from 0 to 1, 1 not included, the same ones for the same seed (mulberry32).
 * @param {number} seed
 */
export function randomSource(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The share of a normal distribution below `x` standard deviations, to seven decimals (Abramowitz
 * and Stegun 26.2.17).
 * @param {number} x
 */
export function normalShare(x) {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return x < 0 ? above : 1 - above;
}

/**
 * The 97.5 % quantile of Student's distribution, to two decimals from 4 degrees of freedom on
 * (Abramowitz and Stegun 26.7.5).
 * @param {number} degrees of freedom
 */
export function studentQuantile(degrees) {
  const z = 1.959964;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

/**
 * @param {number[]} values
 * @param {number} seed
 */
function resampledMedians(values, seed) {
  const sorted = values.toSorted((a, b) => a - b);
  return drawMiddles(values.length, seed).map(([low, high]) => (sorted[low] + sorted[high]) / 2);
}

/** @type {Map<string, [number, number][]>} */
const drawn = new Map();

/**
 * Which of the sorted values are in the middle of each resample: that depends on their count alone,
 * and a report has thousands of medians of the same count.
 * @param {number} count
 * @param {number} seed
 */
function drawMiddles(count, seed) {
  const key = `${count} ${seed}`;
  const found = drawn.get(key);
  if (found) return found;
  const random = randomSource(seed);
  const middles = Array.from({ length: RESAMPLES }, () => drawMiddle(count, random));
  drawn.set(key, middles);
  return middles;
}

/**
 * @param {number} count
 * @param {() => number} random
 * @returns {[number, number]}
 */
function drawMiddle(count, random) {
  const ranks = Array.from({ length: count }, () => Math.floor(random() * count));
  ranks.sort((a, b) => a - b);
  return [ranks[(count - 1) >> 1], ranks[count >> 1]];
}

/** @param {number[]} sorted */
function sortedMedian(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @param {number[]} values
 * @param {number} tail
 * @returns {Interval}
 */
function between(values, tail) {
  const sorted = values.toSorted((a, b) => a - b);
  return { from: quantile(sorted, tail), to: quantile(sorted, 1 - tail) };
}
