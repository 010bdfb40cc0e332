// Bars with 95 % intervals, the best on top: one figure, or CPU time by who spent it.
import { logTicks } from './panels.mjs';
import { estimate } from './summarize.mjs';
import { colorOf, FONT_SIZE, NUMBER_LABEL, textWidth } from './theme.mjs';
import { byMerit, formatNumber, metricOf } from './words.mjs';

/** @typedef {import('./summarize.mjs').Row} Row */
/** @typedef {import('./layout.mjs').Layout} Layout */

/** Beyond this a bar of the smallest could not be seen; the values are points on a log axis then. */
const MAX_LINEAR_SPAN = 20;
const ROW = 24;
const PARTS = [
  { part: 'primary', metric: 'primaryUs' },
  { part: 'workers', metric: 'workersUs' },
  { part: 'client', metric: 'clientUs' },
];

/**
 * @param {Row[]} rows
 * @param {import('./words.mjs').NamedMetric} metric
 * @param {string[]} contestants
 * @param {Layout} layout
 */
export function metricBars(rows, metric, contestants, layout) {
  const values = byMerit(rows, metric).map(({ row, value, interval }) => ({
    contestant: row.contestant,
    value,
    ...interval,
    end: Math.max(value, interval?.to ?? value),
    text: formatNumber(value, metric.digits),
    color: colorOf(row.contestant, contestants),
  }));
  const lowest = Math.min(...values.map(({ value, from = value }) => from));
  const highest = Math.max(...values.map(({ end }) => end));
  const isLog = lowest > 0 && highest / lowest > MAX_LINEAR_SPAN;
  const { y, width } = contestantAxis(values, layout);
  const room = width / (width - Math.max(...values.map(({ text }) => textWidth(text))) - 8);
  const scale = isLog
    ? { type: 'log', domain: [lowest * 0.8, lowest * (highest / lowest) ** room], nice: false }
    : { domain: [0, (highest || 1) * room], nice: false };
  const axis = {
    ...valueAxis(metric),
    ...(isLog && { values: logTicks(scale.domain[0], scale.domain[1]) }),
  };
  const x = { type: 'quantitative', scale, axis };
  const color = { field: 'color', type: 'nominal', scale: null };
  return {
    width,
    height: { step: ROW },
    data: { values },
    encoding: { y },
    layer: [
      isLog
        ? mark(
            { type: 'point', filled: true, size: 90, opacity: 1 },
            { x: field(x, 'value'), color },
          )
        : mark({ type: 'bar', height: ROW - 7 }, { x: field(x, 'value'), color }),
      whisker(x),
      label(x),
    ],
  };
}

/**
 * @param {Row[]} rows
 * @param {Layout} layout
 */
export function cpuBars(rows, layout) {
  const order = byMerit(rows, metricOf('serverUs'));
  const values = order.flatMap(({ row }) =>
    PARTS.map(({ part, metric }, index) => {
      const us = estimate(row, metric)?.value ?? 0;
      return { contestant: row.contestant, part, us, index };
    }),
  );
  const ends = order.map(({ row, interval }) => ({
    contestant: row.contestant,
    ...interval,
    end: Math.max(
      interval?.to ?? 0,
      values
        .filter(({ contestant }) => contestant === row.contestant)
        .reduce((sum, { us }) => sum + us, 0),
    ),
    text: ['primaryUs', 'workersUs']
      .map((metric) => formatNumber(estimate(row, metric)?.value ?? 0, 1))
      .join(' + '),
  }));
  const { y, width } = contestantAxis(ends, layout);
  const room = width / (width - Math.max(...ends.map(({ text }) => textWidth(text))) - 8);
  const highest = Math.max(...ends.map(({ end }) => end));
  const x = {
    type: 'quantitative',
    scale: { domain: [0, (highest || 1) * room], nice: false },
    axis: valueAxis(metricOf('serverUs')),
  };
  const color = {
    field: 'part',
    type: 'nominal',
    scale: {
      domain: PARTS.map(({ part }) => part),
      range: PARTS.map(({ part }) => `var(--${part})`),
    },
  };
  return {
    width,
    height: { step: ROW },
    encoding: { y },
    layer: [
      {
        data: { values },
        ...mark(
          { type: 'bar', height: ROW - 7 },
          { x: field(x, 'us'), color, order: { field: 'index' } },
        ),
      },
      { data: { values: ends }, ...whisker(x) },
      { data: { values: ends }, ...label(x) },
    ],
  };
}

/**
 * @param {{ contestant: string }[]} values
 * @param {Layout} layout
 */
export function contestantAxis(values, layout) {
  const extent = Math.ceil(Math.max(...values.map(({ contestant }) => textWidth(contestant)))) + 8;
  const axis = {
    title: null,
    ticks: false,
    domain: false,
    grid: false,
    minExtent: extent,
    maxExtent: extent,
  };
  return {
    y: { field: 'contestant', type: 'nominal', sort: null, axis },
    width: layout.width - extent - FONT_SIZE,
  };
}

/**
 * The figure's name is the chart's title.
 * @param {{ label: string, unit?: string }} metric
 */
function valueAxis({ label, unit }) {
  return { title: unit ?? label, tickCount: 5, labelExpr: NUMBER_LABEL };
}

/**
 * @param {object} x
 * @param {string} name
 */
function field(x, name) {
  return { ...x, field: name };
}

/**
 * @param {object} mark
 * @param {object} encoding
 */
function mark(mark, encoding) {
  return { mark, encoding };
}

/** @param {object} x */
function whisker(x) {
  return {
    transform: [{ filter: 'isValid(datum.from)' }],
    ...mark(
      { type: 'errorbar', ticks: { size: 8, color: 'var(--ink)' }, color: 'var(--ink)' },
      { x: field(x, 'from'), x2: { field: 'to' } },
    ),
  };
}

/** @param {object} x */
function label(x) {
  return mark(
    { type: 'text', align: 'left', dx: 6, fontSize: FONT_SIZE, color: 'var(--ink)' },
    { x: field(x, 'end'), text: { field: 'text' } },
  );
}
