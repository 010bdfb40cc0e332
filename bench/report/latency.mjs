// Latency by percentile, as HdrHistogram draws it: each further nine takes as much room, so that the
// last thousandth can be seen, and a log axis for the time.

import { valuesByRound } from '../lib/results.mjs';
import { AXIS_FONT, logTicks, panels } from './panels.mjs';
import { estimateOf } from './summarize.mjs';
import { NUMBER_LABEL } from './theme.mjs';

/** @typedef {import('./summarize.mjs').Row} Row */

/**
 * What is drawn: a distribution in the load generator's report.
 * @typedef {object} Subject
 * @property {'latencyMs' | 'handoffMs'} field
 * @property {string} name
 * @property {string} unit
 * @property {number} scale from milliseconds
 */

/** @type {Subject} */
const LATENCY = { field: 'latencyMs', name: 'latency', unit: 'ms', scale: 1 };
/** @type {Subject} */
const HANDOFF = { field: 'handoffMs', name: 'hand-off time', unit: 'µs', scale: 1_000 };

/** Before the load generator wrote percentiles it wrote these. */
const NAMED = /** @type {const} */ ([
  [50, 'p50'],
  [90, 'p90'],
  [99, 'p99'],
  [99.9, 'p999'],
  [100, 'max'],
]);

/**
 * The time until the hand-off where it was measured; otherwise that until the reply, if it was.
 * @param {Row[]} rows
 */
export function subjectOf(rows) {
  return [HANDOFF, LATENCY].find((subject) =>
    rows.some((row) => row.valid.some((cell) => distributionIn(cell, subject))),
  );
}

/**
 * @param {import('../lib/results.mjs').Result} cell
 * @param {Subject} subject
 */
function distributionIn({ load }, { field }) {
  const distribution = load?.[field];
  return distribution && distribution.samples > 0 ? distribution : undefined;
}

/**
 * The same rows with the figures that are spoken of under the curves: a scenario's table may have no
 * column of them.
 * @param {Row[]} rows
 * @param {Subject} subject
 * @returns {Row[]}
 */
export function withTail(rows, subject) {
  return rows.map((row) => ({
    ...row,
    valid: row.valid.map((cell) => {
      const { p99, max } = distributionIn(cell, subject) ?? {};
      return {
        ...cell,
        figures: {
          ...(p99 !== undefined && { p99: p99 * subject.scale }),
          ...(max !== undefined && { max: max * subject.scale }),
        },
      };
    }),
  }));
}

/**
 * @param {Subject} subject
 * @returns {import('./words.mjs').NamedMetric[]}
 */
export function tailMetrics({ name, unit }) {
  return [
    { key: 'p99', label: 'p99', name: `99th percentile of ${name}`, unit, digits: 2 },
    { key: 'max', label: 'max', name: `maximum ${name}`, unit, digits: 1 },
  ];
}

/**
 * @param {import('./panels.mjs').Point[]} points
 * @param {Subject} subject
 * @param {string | undefined} reference
 * @param {string[]} contestants
 * @param {import('./layout.mjs').Layout} layout
 */
export function latencyPanels(points, { unit }, reference, contestants, layout) {
  const lowest = Math.min(...points.map(({ value, from = value }) => from));
  const highest = Math.max(...points.map(({ value, to = value }) => to));
  const last = Math.max(...points.map(({ x }) => x));
  const x = {
    scale: { type: 'log', domain: [1, last], nice: false },
    axis: {
      title: 'percentile',
      values: [1, 10, 100, 1_000, 10_000, 100_000].filter((tick) => tick <= last * 1.01),
      labelExpr: "format(100 - 100 / datum.value, '~g')",
      labelFlush: false,
      ...AXIS_FONT,
    },
  };
  const domain = [lowest * 0.9, highest * 1.1];
  const y = {
    scale: { type: 'log', domain, nice: false },
    axis: {
      title: unit,
      values: logTicks(domain[0], domain[1]),
      labelExpr: NUMBER_LABEL,
      ...AXIS_FONT,
    },
  };
  return panels(points, { x, y }, reference, contestants, layout);
}

/**
 * The median over the rounds at each percentile that all rounds have.
 * @param {Row} row
 * @param {Subject} subject
 * @returns {import('./panels.mjs').Point[]}
 */
export function curveOf({ contestant, valid }, subject) {
  const found = valid.flatMap((cell) => {
    const distribution = distributionIn(cell, subject);
    return distribution ? [{ cell, distribution }] : [];
  });
  const curves = new Map(
    found.map(({ cell, distribution }) => [cell, percentilesOf(distribution)]),
  );
  const [first, ...others] = curves.values();
  if (first === undefined) return [];
  const samples = Math.min(...found.map(({ distribution }) => distribution.samples));
  const shared = [...first.keys()].filter((percent) => others.every((one) => one.has(percent)));
  return shared.flatMap((percent) => {
    const times = valuesByRound([...curves.keys()], (cell) => {
      const ms = curves.get(cell)?.get(percent);
      return ms === undefined ? undefined : ms * subject.scale;
    });
    const at = estimateOf(times);
    // The maximum stands where one sample in all is beyond.
    const x = percent === 100 ? samples : 100 / (100 - percent);
    return at && at.value > 0 ? [{ contestant, x, value: at.value, ...at.interval }] : [];
  });
}

/**
 * @param {import('../lib/types.mjs').Distribution} distribution
 * @returns {Map<number, number>} percent → milliseconds
 */
function percentilesOf(distribution) {
  const { percentiles } = distribution;
  return new Map(percentiles ?? NAMED.map(([percent, name]) => [percent, distribution[name]]));
}
