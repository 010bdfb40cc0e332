// Which charts a scenario has, with their titles and texts. A chart is there if its figures are.
import { mainMetrics } from '../lib/results.mjs';
import { SCENARIOS } from '../scenarios/index.mjs';
import { cpuBars, metricBars } from './bars.mjs';
import { curveOf, latencyPanels, subjectOf, tailMetrics, withTail } from './latency.mjs';
import { describeRounds, hasRounds, roundDots } from './rounds.mjs';
import { describeScaling, scalingPanels } from './scaling.mjs';
import { describeSpread, hasSpread, spreadDots } from './spread.mjs';
import { estimate, fullest, groupsOf } from './summarize.mjs';
import { byMerit, describeRanking, formatUnit, metricOf, placeOf, sentence } from './words.mjs';

/** @typedef {import('./summarize.mjs').Row} Row */

/**
 * @typedef {object} Figure
 * @property {string} kind
 * @property {string} name of its own in its part
 * @property {string} title
 * @property {string[]} words paragraphs: what it shows, from the figures
 * @property {string} reading how to read it
 * @property {(layout: import('./layout.mjs').Layout) => object} draw
 */

/**
 * @typedef {object} Part of a scenario: cells of the same parameters
 * @property {string} heading empty if it is the only one
 * @property {Figure[]} figures
 * @property {import('./summarize.mjs').Group[]} groups for the tables
 */

/** What Node.js does by default is what others are compared with. */
const REFERENCE = 'cluster-rr';
const WHISKER = 'Medians over the rounds, whiskers are 95 % intervals.';

/**
 * @param {import('./summarize.mjs').Result[]} results
 * @param {string} scenario
 * @param {string[]} contestants all of the report
 * @returns {Part[]}
 */
export function partsOf(results, scenario, contestants) {
  const groups = groupsOf(results, scenario);
  const names = [...new Set(groups.map((group) => group.heading))];
  return names.map((heading) => {
    const own = groups.filter((group) => group.heading === heading).sort((a, b) => a.at - b.at);
    const figuresOf = own.length > 1 ? scalingFigures : groupFigures;
    return { heading, groups: own, figures: figuresOf(own, scenario, contestants) };
  });
}

/**
 * @param {import('./summarize.mjs').Group[]} groups
 * @param {string} scenario
 * @param {string[]} contestants
 * @returns {Figure[]}
 */
function groupFigures([{ rows }], scenario, contestants) {
  const isOfRounds = showsRounds(scenario);
  return [
    ...(isOfRounds ? roundsFigure(rows, contestants) : []),
    ...barFigures(rows, scenario, contestants),
    ...cpuFigure(rows),
    ...latencyFigure(rows, contestants),
    ...(isOfRounds ? [] : spreadFigure(rows, contestants)),
  ];
}

/**
 * @param {Row[]} rows
 * @param {string} scenario
 * @param {string[]} contestants
 * @returns {Figure[]}
 */
function barFigures(rows, scenario, contestants) {
  return mainMetrics(scenario)
    .map(metricOf)
    .filter((metric) => byMerit(rows, metric).length > 0)
    .map((metric) => ({
      kind: 'bars',
      name: metric.key,
      title: sentence(metric.name ?? metric.label),
      words: [describeRanking(rows, metric, REFERENCE)],
      reading: `${WHISKER} ${metric.better === 'higher' ? 'More' : 'Less'} is better.`,
      draw: (layout) => metricBars(rows, metric, contestants, layout),
    }));
}

/**
 * @param {import('./summarize.mjs').Group[]} groups
 * @param {string} scenario
 * @param {string[]} contestants
 * @returns {Figure[]}
 */
function scalingFigures(groups, scenario, contestants) {
  const rows = groups.flatMap((group) => group.rows);
  const [{ axis }] = groups;
  const lines = [...new Set([...mainMetrics(scenario), 'serverUs'])]
    .map(metricOf)
    .filter((metric) => byMerit(rows, metric).length > 0)
    .map((metric) => ({
      kind: 'scaling',
      name: `by-${axis}-${metric.key}`,
      title: `${sentence(metric.name ?? metric.label)} by ${axis === 'workers' ? 'number of workers' : axis}`,
      words: [describeScaling(rows, axis, metric)],
      reading: `Medians over the rounds and their 95 % intervals. ${dashed(rows)}`,
      draw: (/** @type {import('./layout.mjs').Layout} */ layout) =>
        scalingPanels(rows, axis, metric, referenceIn(rows), contestants, layout),
    }));
  const { at, rows: compared } = fullest(groups);
  const bars = barFigures(compared, scenario, contestants).map((figure) => ({
    ...figure,
    title: `${figure.title}, ${placeOf(axis, at)}`,
  }));
  if (!showsRounds(scenario)) return [...lines, ...bars, ...spreadFigure(compared, contestants)];
  const dots = groups.flatMap((group) => roundsFigure(group.rows, contestants));
  return [...dots, ...lines, ...bars];
}

/**
 * @param {Row[]} rows
 * @returns {Figure[]}
 */
function cpuFigure(rows) {
  const measured = rows.filter((row) => estimate(row, 'serverUs') !== undefined);
  if (measured.length === 0) return [];
  const primary = metricOf('primaryUs');
  const order = byMerit(measured, primary);
  const [least, most] = [order[0], order.at(-1)];
  const range =
    least && most && least !== most
      ? ` The primary’s own part is from ${formatUnit(least.value, primary)} (${least.row.contestant}) ` +
        `to ${formatUnit(most.value, primary)} (${most.row.contestant}).`
      : '';
  return [
    {
      kind: 'cpu',
      name: 'cpu',
      title: 'CPU time per connection or request',
      words: [describeRanking(measured, metricOf('serverUs'), REFERENCE) + range],
      reading:
        'Medians over the rounds: primary + workers as numbers, the whisker is the 95 % interval of ' +
        'their sum. The client is the load generator. Less is better.',
      draw: (layout) => cpuBars(measured, layout),
    },
  ];
}

/**
 * @param {Row[]} rows
 * @param {string[]} contestants
 * @returns {Figure[]}
 */
function latencyFigure(rows, contestants) {
  const subject = subjectOf(rows);
  if (subject === undefined) return [];
  const points = rows.flatMap((row) => curveOf(row, subject));
  const isOpen = rows.some((row) => row.valid.some(({ asked }) => asked?.rate !== undefined));
  const loop = isOpen
    ? 'Each request was due at a fixed time and its wait counts from then.'
    : 'The load waited for replies before it asked again, so a stall also kept requests from being made.';
  const measured = withTail(rows, subject);
  return [
    {
      kind: 'latency',
      name: 'latency',
      title: `${sentence(subject.name)} by percentile`,
      words: tailMetrics(subject).map((metric) => describeRanking(measured, metric, REFERENCE)),
      reading: `Both axes are logarithmic, the last point is the maximum. ${dashed(rows)} ${subject.field === 'latencyMs' ? loop : ''} Less is better.`,
      draw: (layout) => latencyPanels(points, subject, referenceIn(rows), contestants, layout),
    },
  ];
}

/**
 * @param {Row[]} rows
 * @param {string[]} contestants
 * @returns {Figure[]}
 */
function spreadFigure(rows, contestants) {
  if (!hasSpread(rows)) return [];
  return [
    {
      kind: 'spread',
      name: 'by-worker',
      title: `Connections by worker, of ${rows[0].workers} workers`,
      words: [describeSpread(rows)],
      reading:
        'Each dot is a worker, the median over the rounds. At 100 % all have the same number.',
      draw: (layout) => spreadDots(rows, contestants, layout),
    },
  ];
}

/** @param {string} scenario */
function showsRounds(scenario) {
  return SCENARIOS[scenario]?.showsEveryRound ?? false;
}

/**
 * @param {Row[]} rows
 * @param {string[]} contestants
 * @returns {Figure[]}
 */
function roundsFigure(rows, contestants) {
  if (!hasRounds(rows)) return [];
  const [{ workers }] = rows;
  return [
    {
      kind: 'rounds',
      name: `of-${workers}-workers`,
      title: `Connections by worker, of ${workers} workers`,
      words: [describeRounds(rows)],
      reading:
        'Each dot is a worker in one round; many on one place are darker. The dashed line is an even share: ' +
        'the closer all dots are to it, the better.',
      draw: (layout) => roundDots(rows, contestants, layout),
    },
  ];
}

/** @param {Row[]} rows */
function referenceIn(rows) {
  return rows.find(({ contestant, valid }) => contestant === REFERENCE && valid.length > 0)
    ?.contestant;
}

/** @param {Row[]} rows */
function dashed(rows) {
  const reference = referenceIn(rows);
  return reference === undefined ? '' : `The dashed line is ${reference}.`;
}
