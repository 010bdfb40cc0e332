// The same at more and more workers, or sizes: a figure as a line over their number.
import { ratioOfMedians } from '../lib/statistics.mjs';
import { AXIS_FONT, panels } from './panels.mjs';
import { estimate } from './summarize.mjs';
import { NUMBER_LABEL } from './theme.mjs';
import { formatRatio, listOf, placeOf, sentence } from './words.mjs';

/** @typedef {import('./summarize.mjs').Row} Row */
/** @typedef {import('./words.mjs').NamedMetric} NamedMetric */

/**
 * @param {Row[]} rows of all positions on the axis
 * @param {string} axis what is counted there
 * @param {NamedMetric} metric
 * @param {string | undefined} reference
 * @param {string[]} contestants
 * @param {import('./layout.mjs').Layout} layout
 */
export function scalingPanels(rows, axis, metric, reference, contestants, layout) {
  const points = rows.flatMap((row) => {
    const found = estimate(row, metric.key);
    return found
      ? [{ contestant: row.contestant, x: row.at, value: found.value, ...found.interval }]
      : [];
  });
  const counts = [...new Set(rows.map(({ at }) => at))].sort((a, b) => a - b);
  const highest = Math.max(...points.map(({ value, to = value }) => to));
  const x = {
    scale: { type: 'log', base: 2, domain: [counts[0], counts.at(-1)], nice: false },
    axis: { title: axis, values: counts, format: 'd', ...AXIS_FONT },
  };
  const y = {
    scale: { domain: [0, highest || 1] },
    axis: {
      title: metric.unit ?? metric.label,
      tickCount: 4,
      labelExpr: NUMBER_LABEL,
      ...AXIS_FONT,
    },
  };
  return panels(points, { x, y, withPoints: true }, reference, contestants, layout);
}

/**
 * How each contestant's figure at the end of the axis compares with its own at the beginning.
 * @param {Row[]} rows
 * @param {string} axis
 * @param {NamedMetric} metric
 */
export function describeScaling(rows, axis, metric) {
  const counts = rows.map(({ at }) => at);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const [start, end] = [placeOf(axis, fewest), placeOf(axis, most)];
  const growth = rows
    .filter(({ at }) => at === most)
    .flatMap((row) => {
      const first = rows.find(
        ({ contestant, at }) => contestant === row.contestant && at === fewest,
      );
      const [own, base] = [estimate(row, metric.key), first && estimate(first, metric.key)];
      const found = own && base && ratioOfMedians(own.values, base.values);
      return found ? [{ contestant: row.contestant, ...found }] : [];
    });
  if (growth.length === 0) return 'There are no valid cells to compare.';
  const steady = growth.filter(
    ({ interval }) => interval && interval.from <= 1 && interval.to >= 1,
  );
  const changed = growth.filter((one) => one.interval && !steady.includes(one));
  const unknown = growth.filter(({ interval }) => interval === undefined);
  const texts = [
    changed.length > 0 &&
      `${sentence(metric.name ?? metric.label)} with ${end} beside that with ${start}: ` +
        `${changed.map(({ contestant, ratio }) => `${contestant} ${formatRatio(ratio)} times`).join(', ')}.`,
    steady.length === growth.length && steady.length > 2
      ? `No difference between ${start} and ${end} for any contestant.`
      : steady.length > 0 &&
        `No difference between ${start} and ${end} for ${listOf(steady.map(({ contestant }) => contestant))}.`,
    unknown.length > 0 &&
      `Too few valid rounds to judge ${listOf(unknown.map(({ contestant }) => contestant))}.`,
  ];
  return texts.filter(Boolean).join(' ');
}
