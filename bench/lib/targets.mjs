// What rondo set out to reach, as ratios of medians against a named baseline of the same run; a
// ratio holds on another machine where a rate does not.
import { pairedRatios, valuesOf } from './metrics.mjs';
import { median } from './statistics.mjs';

/**
 * @typedef {object} Target
 * @property {string} scenario
 * @property {string} metric a key of METRICS
 * @property {string} of the contestant that should reach it
 * @property {string} [against] the baseline of the ratio; without one, the worst value of all
 *   rounds must be under the limit
 * @property {boolean} [paired] the ratio is taken of loads that were neighbors in time, and the limit
 *   must be outside of what chance can do; for differences that a median of each side cannot tell
 * @property {number} [atLeast]
 * @property {number} [atMost]
 * @property {number} [under]
 */

/** @type {Target[]} */
export const TARGETS = [
  { scenario: 'storm', metric: 'rate', of: 'rondo-native', against: 'cluster-rr', atLeast: 1.5 },
  { scenario: 'storm', metric: 'rate', of: 'rondo-native', against: 'send-socket', atLeast: 1.9 },
  {
    scenario: 'storm',
    metric: 'primaryUs',
    of: 'rondo-native',
    against: 'cluster-rr',
    atMost: 0.4,
  },
  {
    scenario: 'storm',
    metric: 'workersUs',
    of: 'rondo-native',
    against: 'cluster-rr',
    atMost: 0.65,
  },
  {
    scenario: 'busy',
    metric: 'stddevAllMs',
    of: 'rondo-native',
    against: 'cluster-none',
    atMost: 1.15,
  },
  // Not a promise of rondo's: the benchmark's own, that it can see what a window is for.
  {
    scenario: 'busy',
    metric: 'stddevMs',
    of: 'rondo-unbounded',
    against: 'rondo-native',
    atLeast: 2,
  },
  { scenario: 'storm', metric: 'rate', of: 'cluster-rondo', against: 'cluster-rr', atLeast: 1.5 },
  {
    scenario: 'keep-alive',
    metric: 'rate',
    of: 'cluster-rondo',
    against: 'cluster-rr',
    paired: true,
    atLeast: 0.97,
  },
  { scenario: 'blocked-primary', metric: 'maxMs', of: 'rondo-native', under: 50 },
];

/**
 * What was measured for a target: `value` is compared with the limit, `figures` are what it comes
 * from. Undefined if the contestant or the baseline has no valid cell.
 * @typedef {object} Result
 * @property {number} value
 * @property {number[]} figures
 * @property {number} [pairs] of a paired target
 * @property {{ from: number, to: number }} [interval] where the true value of a paired target may be;
 *   missing if there are too few pairs to say
 * @property {'met' | 'MISSED' | 'unclear'} verdict
 */

/**
 * @param {Target} target
 * @param {import('./types.mjs').Cell[]} cells
 * @returns {Result | undefined}
 */
export function judge(target, cells) {
  const { scenario, metric, of, against, paired } = target;
  const own = valuesOf(cells, scenario, of, metric);
  const ownMedian = median(own);
  if (ownMedian === undefined) return undefined;
  if (against === undefined) {
    const value = Math.max(...own);
    return { value, figures: [ownMedian], verdict: verdict(target, value) };
  }
  const base = median(valuesOf(cells, scenario, against, metric));
  if (base === undefined) return undefined;
  const figures = [ownMedian, base];
  if (!paired) {
    const value = ownMedian / base;
    return { value, figures, verdict: verdict(target, value) };
  }
  const ratios = pairedRatios(cells, scenario, metric, of, against);
  const value = median(ratios);
  if (value === undefined) return undefined;
  const pairs = ratios.length;
  const interval = rankInterval(ratios);
  if (!interval) return { value, figures, pairs, verdict: 'unclear' };
  const [low, high] = [verdict(target, interval.from), verdict(target, interval.to)];
  return { value, figures, pairs, interval, verdict: low === high ? low : 'unclear' };
}

/**
 * Where the median of all there could be is, 19 times in 20: between these two of the values, by
 * the binomial distribution in its normal approximation. It assumes nothing of how they are spread.
 * Undefined for fewer than 6 values: all of them lie on one side too often.
 * @param {number[]} values
 */
function rankInterval(values) {
  if (values.length < 6) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const half = (1.96 * Math.sqrt(sorted.length)) / 2;
  const rank = Math.max(1, Math.floor((sorted.length + 1) / 2 - half));
  return { from: sorted[rank - 1], to: sorted[sorted.length - rank] };
}

/**
 * @param {Target} target
 * @param {number} value
 * @returns {'met' | 'MISSED'}
 */
function verdict({ atLeast = -Infinity, atMost = Infinity, under = Infinity }, value) {
  return value >= atLeast && value <= atMost && value < under ? 'met' : 'MISSED';
}
