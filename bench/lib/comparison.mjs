// What has changed between two results: per scenario, contestant and metric the ratio of the
// medians, with its 95 % interval. A difference is one only if that interval leaves out 1.

import { align } from './align.mjs';
import { METRICS } from './metrics.mjs';
import { comparedMetrics, parametersOf, valuesByRound } from './results.mjs';
import { MIN_VALUES, median, ratioOfMedians } from './statistics.mjs';

/** @typedef {import('./results.mjs').Result} Result */

/**
 * @typedef {object} Row
 * @property {string} where scenario, its parameters, workers
 * @property {string} contestant
 * @property {string} metric
 * @property {[number, number]} medians
 * @property {number} [ratio] of the second to the first
 * @property {import('./statistics.mjs').Interval} [interval]
 * @property {'better' | 'worse' | 'no difference' | 'too few rounds'} verdict
 * @property {number} lossPercent how much worse at least, by the interval; 0 unless that is the verdict
 */

/**
 * @param {Result[]} before
 * @param {Result[]} after
 * @returns {{ rows: Row[], notes: string[] }}
 */
export function compareResults(before, after) {
  const [first, second] = [cellsByKey(before), cellsByKey(after)];
  const shared = [...first.keys()].filter((key) => second.has(key));
  const rows = shared.flatMap((key) => compareCells(first.get(key) ?? [], second.get(key) ?? []));
  return { rows, notes: notesOn(before, after, first, second) };
}

/**
 * Only cells of the same conditions are compared.
 * @param {Result[]} results
 * @returns {Map<string, Result[]>}
 */
function cellsByKey(results) {
  /** @type {Map<string, Result[]>} */
  const cells = new Map();
  for (const result of results) {
    const key = `${whereOf(result)}: ${result.contestant}`;
    cells.set(key, [...(cells.get(key) ?? []), result]);
  }
  return cells;
}

/** @param {Result} result */
function whereOf(result) {
  const parameters = parametersOf(result);
  return `${result.scenario}${parameters && `, ${parameters}`}, ${result.workers} workers`;
}

/**
 * @param {Result[]} before
 * @param {Result[]} after
 * @returns {Row[]}
 */
function compareCells(before, after) {
  const [sample] = before;
  return comparedMetrics(sample.scenario)
    .filter((metric) => METRICS[metric]?.better !== 'neither')
    .flatMap((metric) => {
      const [own, base] = [after, before].map((cells) =>
        valuesByRound(cells, ({ figures }) => figures[metric]),
      );
      const medians = [median(base), median(own)];
      if (medians[0] === undefined || medians[1] === undefined) return [];
      return [
        {
          where: whereOf(sample),
          contestant: sample.contestant,
          metric,
          medians: /** @type {[number, number]} */ (medians),
          ...judge(own, base, METRICS[metric] ?? {}),
        },
      ];
    });
}

/**
 * @param {number[]} own
 * @param {number[]} base
 * @param {Pick<import('./metrics.mjs').Metric, 'better' | 'negligible'>} metric
 * @returns {Pick<Row, 'ratio' | 'interval' | 'verdict' | 'lossPercent'>}
 */
function judge(own, base, { better, negligible = -1 }) {
  if (Math.min(own.length, base.length) < MIN_VALUES)
    return { verdict: 'too few rounds', lossPercent: 0 };
  const isHigherBetter = better === 'higher';
  if (Math.abs((median(own) ?? 0) - (median(base) ?? 0)) <= negligible)
    return { verdict: 'no difference', lossPercent: 0 };
  const found = ratioOfMedians(own, base);
  // A median of 0, such as the CPU time of a primary that does nothing.
  if (!found?.interval) return judgeFromZero(own, isHigherBetter);
  const { ratio, interval } = found;
  if (interval.from <= 1 && interval.to >= 1)
    return { ratio, interval, verdict: 'no difference', lossPercent: 0 };
  if (ratio > 1 === isHigherBetter) return { ratio, interval, verdict: 'better', lossPercent: 0 };
  const least = isHigherBetter ? 1 - interval.to : interval.from - 1;
  return { ratio, interval, verdict: 'worse', lossPercent: 100 * least };
}

/**
 * @param {number[]} own
 * @param {boolean} isHigherBetter
 * @returns {Pick<Row, 'verdict' | 'lossPercent'>}
 */
function judgeFromZero(own, isHigherBetter) {
  if (own.filter((value) => value > 0).length <= own.length / 2)
    return { verdict: 'no difference', lossPercent: 0 };
  if (isHigherBetter) return { verdict: 'better', lossPercent: 0 };
  return { verdict: 'worse', lossPercent: Infinity };
}

/**
 * What a reader of the ratios has to know.
 * @param {Result[]} before
 * @param {Result[]} after
 * @param {Map<string, Result[]>} first
 * @param {Map<string, Result[]>} second
 */
function notesOn(before, after, first, second) {
  const notes = [];
  for (const [what, of] of /** @type {const} */ ([
    ['machine', machineOf],
    ['Node.js', nodeOf],
  ])) {
    const [own, others] = [before, after].map((results) =>
      [...new Set(results.map(of))].join('; '),
    );
    if (own !== others) notes.push(`not the same ${what}: ${own} and ${others}`);
  }
  const loads = [...first].filter(([key, cells]) => {
    const other = second.get(key)?.[0];
    return other && JSON.stringify(other.asked) !== JSON.stringify(cells[0].asked);
  });
  if (loads.length > 0) notes.push(`not the same load: ${loads.map(([key]) => key).join('; ')}`);
  for (const [name, own, others] of /** @type {const} */ ([
    ['first', first, second],
    ['second', second, first],
  ])) {
    notes.push(...onlyIn(own, others).map((text) => `only in the ${name}: ${text}`));
  }
  const voids = [before, after].map((results) => results.filter(({ valid }) => !valid).length);
  if (Math.max(...voids) > 0) notes.push(`void cells: ${voids[0]} and ${voids[1]}`);
  return notes;
}

/**
 * @param {Map<string, Result[]>} own
 * @param {Map<string, Result[]>} others
 */
function onlyIn(own, others) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const [key, [cell]] of own) {
    const where = whereOf(cell);
    if (!others.has(key)) found.set(where, [...(found.get(where) ?? []), cell.contestant]);
  }
  return [...found].map(([where, names]) => `${where}: ${names.join(', ')}`);
}

/** @param {Result} result */
function machineOf({ machine: { cores, cpu, kernel, arch } }) {
  return `${cores} × ${cpu}, ${kernel}, ${arch}`;
}

/** @param {Result} result */
function nodeOf({ node }) {
  return node;
}

/**
 * @param {{ rows: Row[], notes: string[] }} comparison
 * @param {number} tolerance in percent
 */
export function formatComparison({ rows, notes }, tolerance) {
  const head = ['scenario', 'contestant', 'metric', 'A', 'B', 'B / A', '95 %', 'verdict'];
  const body = rows.map(({ where, contestant, metric, medians, ratio, interval, ...judged }) => {
    const { label, digits } = METRICS[metric] ?? { label: metric, digits: 2 };
    const beyond = judged.lossPercent > tolerance ? `, beyond ${tolerance} %` : '';
    return [
      where,
      contestant,
      label,
      ...medians.map((value) => value.toFixed(digits)),
      ratio?.toFixed(3) ?? '-',
      interval ? `${interval.from.toFixed(3)}–${interval.to.toFixed(3)}` : '-',
      `${judged.verdict}${beyond}`,
    ];
  });
  const chance = Math.ceil(rows.length / 20);
  return [
    align([head, ...body]),
    '',
    `Of ${rows.length} comparisons without any change, ${chance} may come out as better or worse by chance.`,
    ...notes,
  ].join('\n');
}
