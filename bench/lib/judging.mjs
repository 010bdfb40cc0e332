// Whether a target is met: what was measured, beside its limits.
import { isValid, METRICS, pairedRatios } from './metrics.mjs';
import { median } from './statistics.mjs';

/**
 * Cells of a scenario that has several variants: those with this number of workers and these parameters; what is left
 * out may be anything.
 * @typedef {{ workers?: number, parameters?: Record<string, string | number> }} Place
 */

/**
 * A limit of the median over the rounds, or of the ratio of two medians; with `neverOver` another one for each
 * single round.
 * @typedef {object} Target
 * @property {string} scenario
 * @property {string} metric a key of METRICS
 * @property {string} of the contestant that should reach it
 * @property {Place} [at] where; without it in all cells of the scenario
 * @property {string} [against] the baseline of a ratio: another contestant
 * @property {Place} [beside] the baseline of a ratio: another place, of the same contestant if there is no `against`
 * @property {boolean} [paired] the ratio is taken of loads that were neighbors in time, and the limit
 *   must be outside of what chance can do; for differences that a median of each side cannot tell
 * @property {number} [atLeast]
 * @property {number} [atMost]
 * @property {number} [under]
 * @property {number} [neverOver] for the highest value of all rounds; of a ratio, that by the baseline's median
 */

/**
 * What was measured for a target. Undefined if the contestant or the baseline has no valid cell.
 * @typedef {object} Result
 * @property {number} value the median, or the ratio of the medians
 * @property {number} highest of all rounds, with a baseline by its median
 * @property {number[]} figures the medians it comes from
 * @property {number} [pairs] of a paired target
 * @property {{ from: number, to: number }} [interval] where the true value of a paired target may be;
 *   missing if there are too few pairs to say
 * @property {Verdict} verdict
 */

/** @typedef {'met' | 'MISSED' | 'unclear'} Verdict */
/** @typedef {import('./types.mjs').Cell} Cell */

/**
 * @param {Target} target
 * @param {Cell[]} cells
 * @returns {Result | undefined}
 */
export function judge(target, cells) {
  const { of, against, beside, at, paired } = target;
  const own = valuesAt(target, cells, of, at);
  const value = median(own);
  if (value === undefined) return undefined;
  const highest = Math.max(...own);
  if (against === undefined && beside === undefined)
    return { value, highest, figures: [value], verdict: verdict(target, value, highest) };
  const base = median(valuesAt(target, cells, against ?? of, beside ?? at));
  if (base === undefined) return undefined;
  const result = { value: value / base, highest: highest / base, figures: [value, base] };
  if (paired) return judgePairs(target, cells, result);
  return { ...result, verdict: verdict(target, result.value, result.highest) };
}

/**
 * Whether anybody asked: a run may leave out contestants and variants.
 * @param {Target} target
 * @param {Cell[]} cells
 */
export function isAsked({ scenario, of, at }, cells) {
  return cells.some(
    (cell) => cell.scenario === scenario && cell.contestant === of && isThere(cell, at),
  );
}

/**
 * @param {Target} target
 * @param {Cell[]} cells
 * @param {string} contestant
 * @param {Place} [place]
 */
function valuesAt({ scenario, metric }, cells, contestant, place) {
  return cells
    .filter((cell) => cell.scenario === scenario && cell.contestant === contestant)
    .filter((cell) => isThere(cell, place))
    .filter(isValid)
    .map(METRICS[metric].of);
}

/**
 * Whether a cell is of this place; without one all are.
 * @param {Cell} cell
 * @param {Place} [place]
 */
export function isThere(cell, { workers = cell.workers, parameters = {} } = {}) {
  return (
    cell.workers === workers &&
    Object.entries(parameters).every(([name, value]) => cell.parameters?.[name] === value)
  );
}

/**
 * @param {Target} target
 * @param {Cell[]} cells
 * @param {Omit<Result, 'verdict'>} result of the medians
 * @returns {Result | undefined}
 */
function judgePairs(target, cells, { highest, figures }) {
  const { scenario, metric, of, against = of } = target;
  const ratios = pairedRatios(cells, scenario, metric, of, against);
  const value = median(ratios);
  if (value === undefined) return undefined;
  const result = { value, highest, figures, pairs: ratios.length };
  const interval = rankInterval(ratios);
  if (!interval) return { ...result, verdict: 'unclear' };
  const [low, high] = [interval.from, interval.to].map((end) => verdict(target, end, highest));
  return { ...result, interval, verdict: low === high ? low : 'unclear' };
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
 * @param {number} highest
 * @returns {Verdict}
 */
function verdict(target, value, highest) {
  const { atLeast = -Infinity, atMost = Infinity, under = Infinity, neverOver = Infinity } = target;
  const isMet = value >= atLeast && value <= atMost && value < under && highest <= neverOver;
  return isMet ? 'met' : 'MISSED';
}
