// How evenly connections are dealt: a dot per worker, at its share of the connections beside that of
// an even deal.

import { median } from '../lib/statistics.mjs';
import { contestantAxis } from './bars.mjs';
import { colorOf } from './theme.mjs';
import { formatNumber } from './words.mjs';

/** @typedef {import('./summarize.mjs').Row} Row */

const ROW = 24;

/**
 * In percent of an even share, from the worker with the least to the one with the most: the medians
 * over the rounds. Who has the least may be another worker each time.
 * @param {Row} row
 */
export function sharesOf({ valid, workers }) {
  const rounds = valid.flatMap(({ load, servers = workers }) => {
    const counts = load?.workerConnections ?? load?.workers;
    if (counts === undefined || servers !== workers) return [];
    const values = countsOf(counts, workers);
    const even = values.reduce((sum, value) => sum + value, 0) / workers;
    return even > 0 ? [values.map((value) => (100 * value) / even)] : [];
  });
  if (rounds.length === 0) return [];
  return Array.from(
    { length: workers },
    (_, rank) => median(rounds.map((values) => values[rank])) ?? 0,
  );
}

/**
 * From the fewest to the most, those without any too.
 * @param {Record<string, number>} byWorker
 * @param {number} workers
 */
export function countsOf(byWorker, workers) {
  const counts = Object.values(byWorker);
  const idle = Array(Math.max(0, workers - counts.length)).fill(0);
  return [...idle, ...counts].sort((a, b) => a - b);
}

/** @param {Row[]} rows */
export function hasSpread(rows) {
  return rows.some((row) => row.workers > 1 && sharesOf(row).length > 0);
}

/**
 * @param {Row[]} rows
 * @param {string[]} contestants
 * @param {import('./layout.mjs').Layout} layout
 */
export function spreadDots(rows, contestants, layout) {
  const values = byEvenness(rows).flatMap(({ row: { contestant }, shares }) =>
    shares.map((share) => ({ contestant, share, color: colorOf(contestant, contestants) })),
  );
  const { y, width } = contestantAxis(values, layout);
  const highest = Math.max(150, ...values.map(({ share }) => share));
  const x = {
    field: 'share',
    type: 'quantitative',
    scale: { domain: [0, highest * 1.03], nice: false },
    axis: { title: '% of an even share', tickCount: 5 },
  };
  return {
    width,
    height: { step: ROW },
    data: { values },
    encoding: { y },
    layer: [
      {
        data: { values: [{ share: 100 }] },
        mark: { type: 'rule', strokeDash: [4, 3], color: 'var(--muted)' },
        encoding: { x, y: null },
      },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 0.7 },
        encoding: { x, color: { field: 'color', type: 'nominal', scale: null } },
      },
    ],
  };
}

/** @param {Row[]} rows */
export function describeSpread(rows) {
  const ordered = byEvenness(rows);
  const [most, least] = [ordered[0], ordered.at(-1)];
  if (most === undefined || least === undefined) return 'There is no valid cell.';
  const first = `${most.row.contestant}, whose workers got ${rangeOf(most.shares)} of an even share`;
  if (most === least) return `${first}.`;
  if (rangeOf(most.shares) === rangeOf(least.shares))
    return `No difference: all workers of all contestants got ${rangeOf(most.shares)} of an even share.`;
  return `Most even: ${first}. Least even: ${least.row.contestant}, with ${rangeOf(least.shares)}.`;
}

/** @param {Row[]} rows */
function byEvenness(rows) {
  return rows
    .map((row) => ({ row, shares: sharesOf(row) }))
    .filter(({ shares }) => shares.length > 0)
    .sort((a, b) => width(a.shares) - width(b.shares));
}

/** @param {number[]} shares */
export function width(shares) {
  return Math.max(...shares) - Math.min(...shares);
}

/** @param {number[]} shares */
function rangeOf(shares) {
  const [from, to] = [Math.min(...shares), Math.max(...shares)].map((share) =>
    formatNumber(share, 0),
  );
  return from === to ? `${from} %` : `${from} to ${to} %`;
}
