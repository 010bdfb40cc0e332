// Where the worst round matters: a dot per worker and round, at its number of connections.
import { contestantAxis } from './bars.mjs';
import { countsOf, width as widthOf } from './spread.mjs';
import { colorOf } from './theme.mjs';
import { formatNumber, sentence } from './words.mjs';

/** @typedef {import('./summarize.mjs').Row} Row */

const ROW = 24;

/**
 * The connections of each worker that were open in the end, round by round.
 * @param {Row} row
 */
function roundsOf({ valid, workers }) {
  return valid.flatMap(({ load }) => {
    const counts = load?.workerOpen ?? load?.workerConnections;
    return counts ? [countsOf(counts, workers)] : [];
  });
}

/** @param {Row[]} rows */
export function hasRounds(rows) {
  return rows.some((row) => roundsOf(row).length > 0);
}

/**
 * @param {Row[]} rows
 * @param {string[]} contestants
 * @param {import('./layout.mjs').Layout} layout
 */
export function roundDots(rows, contestants, layout) {
  const values = byWorstRound(rows).flatMap(({ row: { contestant }, rounds }) =>
    rounds.flatMap((counts) =>
      counts.map((count) => ({ contestant, count, color: colorOf(contestant, contestants) })),
    ),
  );
  const { y, width } = contestantAxis(values, layout);
  const highest = Math.max(1, ...values.map(({ count }) => count));
  const even = evenShare(rows);
  const x = {
    field: 'count',
    type: 'quantitative',
    scale: { domain: [0, highest * 1.03], nice: false },
    axis: { title: 'connections', tickCount: 5 },
  };
  return {
    width,
    height: { step: ROW },
    data: { values },
    encoding: { y },
    layer: [
      {
        data: { values: [{ count: even }] },
        mark: { type: 'rule', strokeDash: [4, 3], color: 'var(--muted)' },
        encoding: { x, y: null },
      },
      {
        mark: { type: 'point', filled: true, size: 50, opacity: 0.35 },
        encoding: { x, color: { field: 'color', type: 'nominal', scale: null } },
      },
    ],
  };
}

/** @param {Row[]} rows */
export function describeRounds(rows) {
  const ordered = byWorstRound(rows);
  const [best, last] = [ordered[0], ordered.at(-1)];
  if (best === undefined || last === undefined) return 'There is no valid cell.';
  const first = `in the worst round of ${best.row.contestant} one worker had ${describeGap(best.worst)}`;
  if (best === last) return `${sentence(first)}.`;
  return `${sentence(first)}; in that of ${last.row.contestant} ${describeGap(last.worst)}.`;
}

/** @param {number} gap */
function describeGap(gap) {
  return gap === 0 ? 'no more than another' : `${formatNumber(gap, 0)} more than another`;
}

/** @param {Row[]} rows */
function byWorstRound(rows) {
  return rows
    .map((row) => ({ row, rounds: roundsOf(row) }))
    .filter(({ rounds }) => rounds.length > 0)
    .map((one) => ({ ...one, worst: Math.max(...one.rounds.map(widthOf)) }))
    .sort((a, b) => a.worst - b.worst);
}

/**
 * The mean over all rounds: in waves not all of them hold the same number in the end.
 * @param {Row[]} rows
 */
function evenShare(rows) {
  const counts = rows.flatMap(roundsOf).flat();
  return counts.reduce((sum, count) => sum + count, 0) / counts.length;
}
