// What rondo set out to reach, as ratios of medians against a named baseline of the same run; a
// ratio holds on another machine where a rate does not.
import { median, valuesOf } from './metrics.mjs';

/**
 * @typedef {object} Target
 * @property {string} scenario
 * @property {string} metric a key of METRICS
 * @property {string} of the contestant that should reach it
 * @property {string} [against] the baseline of the ratio; without one, the worst value of all
 *   rounds must be under the limit
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
  { scenario: 'storm', metric: 'rate', of: 'cluster-rondo', against: 'cluster-rr', atLeast: 1.5 },
  { scenario: 'blocked', metric: 'maxMs', of: 'rondo-native', under: 50 },
];

/**
 * What was measured for a target: `value` is compared with the limit, `figures` are what it comes
 * from. Undefined if the contestant or the baseline has no valid cell.
 * @param {Target} target
 * @param {import('./types.mjs').Cell[]} cells
 */
export function judge(target, cells) {
  const { scenario, metric, of, against } = target;
  const own = valuesOf(cells, scenario, of, metric);
  const ownMedian = median(own);
  if (ownMedian === undefined) return undefined;
  if (against === undefined) {
    return verdict(target, Math.max(...own), [ownMedian]);
  }
  const base = median(valuesOf(cells, scenario, against, metric));
  if (base === undefined) return undefined;
  return verdict(target, ownMedian / base, [ownMedian, base]);
}

/**
 * @param {Target} target
 * @param {number} value
 * @param {number[]} figures
 */
function verdict({ atLeast = -Infinity, atMost = Infinity, under = Infinity }, value, figures) {
  return { value, figures, isMet: value >= atLeast && value <= atMost && value < under };
}
