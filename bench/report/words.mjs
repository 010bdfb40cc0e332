// What a chart shows, in sentences. Every statement comes from the figures: who is best, whom the
// best cannot be told from (the 95 % intervals overlap), how far behind the others are.
import { METRICS } from '../lib/metrics.mjs';
import { MIN_VALUES, ratioOfMedians } from '../lib/statistics.mjs';
import { estimate } from './summarize.mjs';

/** @typedef {import('./summarize.mjs').Row} Row */
/** @typedef {Omit<import('../lib/metrics.mjs').Metric, 'of'> & { key: string }} NamedMetric */
/** @typedef {import('./summarize.mjs').Estimate & { row: Row }} Ranked */

/**
 * @param {string} key
 * @returns {NamedMetric}
 */
export function metricOf(key) {
  return { ...(METRICS[key] ?? { label: key, digits: 2 }), key };
}

/**
 * The rows that have a figure, the best first.
 * @param {Row[]} rows
 * @param {NamedMetric} metric
 * @returns {Ranked[]}
 */
export function byMerit(rows, { key, better }) {
  const ranked = rows.flatMap((row) => {
    const found = estimate(row, key);
    return found ? [{ row, ...found }] : [];
  });
  return ranked.sort((a, b) => (better === 'higher' ? b.value - a.value : a.value - b.value));
}

/**
 * @param {Row[]} rows
 * @param {NamedMetric} metric
 * @param {string} [reference] a contestant the best is compared with
 */
export function describeRanking(rows, metric, reference) {
  const ranked = byMerit(rows, metric);
  const missing = rows.filter((row) => !ranked.some((one) => one.row === row));
  const unjudged = ranked.filter(({ interval }) => interval === undefined);
  const judged = ranked.filter(({ interval }) => interval !== undefined);
  const texts = [
    judged.length > 0
      ? describeJudged(judged, metric, reference)
      : describeUnjudged(unjudged, metric),
    judged.length > 0 && unjudged.length > 0
      ? `Too few valid rounds to judge ${listOf(namesIn(unjudged))}.`
      : '',
    missing.length > 0
      ? `No valid cell of ${listOf(missing.map(({ contestant }) => contestant))}.`
      : '',
  ];
  return texts.filter((text) => text !== '').join(' ');
}

/**
 * @param {Ranked[]} ranked with intervals, at least one
 * @param {NamedMetric} metric
 * @param {string | undefined} reference
 */
function describeJudged([best, ...others], metric, reference) {
  const name = metric.name ?? metric.label;
  const first = `${best.row.contestant}, ${describeEstimate(best, metric)}`;
  if (others.length === 0) return `${sentence(name)}: ${first}.`;
  const alike = others.filter((other) => overlap(other, best));
  const behind = others.filter((other) => !alike.includes(other));
  const texts = [
    `${sentence(name)}: the best median is that of ${first}.`,
    describeAlike(alike, behind),
    describeBehind(best, behind, metric),
    describeReference(best, behind, reference),
  ];
  return texts.filter((text) => text !== '').join(' ');
}

/**
 * @param {Ranked[]} ranked without intervals
 * @param {NamedMetric} metric
 */
function describeUnjudged(ranked, metric) {
  const [best, last] = [ranked[0], ranked.at(-1)];
  if (best === undefined || last === undefined) return '';
  const [first, worst] = [best, last].map(
    (one) => `${one.row.contestant}, ${describeEstimate(one, metric)}`,
  );
  const range = best === last ? `${first}.` : `medians from ${first}, to ${worst}.`;
  return (
    `${sentence(metric.name ?? metric.label)}: ${range} With fewer than ${MIN_VALUES} valid rounds ` +
    'there is no interval, and no difference can be claimed.'
  );
}

/**
 * @param {Ranked[]} alike
 * @param {Ranked[]} behind
 */
function describeAlike(alike, behind) {
  if (alike.length === 0) return '';
  const names = listOf(namesIn(alike));
  if (behind.length > 0) return `No difference to ${names}: the intervals overlap.`;
  return `No difference: its interval overlaps ${alike.length === 1 ? 'that' : 'those'} of ${names}.`;
}

/**
 * @param {Ranked} best
 * @param {Ranked[]} behind
 * @param {NamedMetric} metric
 */
function describeBehind(best, behind, metric) {
  const [nearest, last] = [behind[0], behind.at(-1)];
  if (nearest === undefined || last === undefined) return '';
  if (!(best.value > 0)) {
    return `The others: ${behind.map((one) => `${one.row.contestant} ${formatUnit(one.value, metric)}`).join(', ')}.`;
  }
  if (nearest === last) return `${nearest.row.contestant} has ${times(nearest, best)} as much.`;
  return (
    `The others have from ${times(nearest, best)} (${nearest.row.contestant}) to ` +
    `${times(last, best)} (${last.row.contestant}) as much.`
  );
}

/**
 * @param {Ranked} best
 * @param {Ranked[]} behind
 * @param {string | undefined} reference
 */
function describeReference(best, behind, reference) {
  const base = behind.find(({ row }) => row.contestant === reference);
  const found = base && ratioOfMedians(best.values, base.values);
  if (!found?.interval || best.value === 0) return '';
  const { from, to } = found.interval;
  return (
    `Beside ${reference}, ${best.row.contestant} has ${formatRatio(found.ratio)} times as much ` +
    `(${formatRatio(from)} to ${formatRatio(to)}).`
  );
}

/**
 * @param {import('./summarize.mjs').Estimate} found
 * @param {NamedMetric} metric
 */
export function describeEstimate({ value, interval }, metric) {
  const { digits } = metric;
  const where =
    interval &&
    ` (95 %: ${formatNumber(interval.from, digits)} to ${formatNumber(interval.to, digits)})`;
  return `${formatUnit(value, metric)}${where ?? ''}`;
}

/**
 * @param {number} value
 * @param {{ digits: number, unit?: string }} metric
 */
export function formatUnit(value, { digits, unit }) {
  return `${formatNumber(value, digits)}${unit === undefined ? '' : ` ${unit}`}`;
}

/**
 * @param {number} value
 * @param {number} digits behind the point, for what is not in the thousands
 */
export function formatNumber(value, digits) {
  const shown = Math.abs(value) >= 1_000 ? 0 : digits;
  return value.toLocaleString('en-US', {
    minimumFractionDigits: shown,
    maximumFractionDigits: shown,
  });
}

/**
 * To three digits or so, however far from 1.
 * @param {number} ratio
 */
export function formatRatio(ratio) {
  if (ratio >= 0.1) return formatNumber(ratio, ratio < 10 ? 2 : 0);
  return ratio.toLocaleString('en-US', { maximumSignificantDigits: 2 });
}

/**
 * `64 workers`, `batch 16`.
 * @param {string} axis
 * @param {number} at
 */
export function placeOf(axis, at) {
  if (axis !== 'workers') return `${axis} ${at}`;
  return at === 1 ? '1 worker' : `${at} workers`;
}

/** @param {string[]} names */
export function listOf(names) {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(names);
}

/** @param {string} text */
export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * @param {import('./summarize.mjs').Estimate} one
 * @param {import('./summarize.mjs').Estimate} other
 */
export function overlap({ interval: a }, { interval: b }) {
  return a !== undefined && b !== undefined && a.from <= b.to && b.from <= a.to;
}

/** @param {Ranked[]} ranked */
function namesIn(ranked) {
  return ranked.map(({ row }) => row.contestant);
}

/**
 * @param {Ranked} one
 * @param {Ranked} other
 */
function times(one, other) {
  return `${formatRatio(one.value / other.value)} times`;
}
