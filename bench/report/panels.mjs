// Small charts side by side, one per contestant, all with the same axes: latency percentiles and
// scaling. Twenty lines in one chart cannot be told apart, whatever their colors; here each is alone
// with its interval, beside the dashed line of one reference.
import { colorOf, FONT_SIZE } from './theme.mjs';

/**
 * A point of a curve.
 * @typedef {object} Point
 * @property {string} contestant
 * @property {number} x
 * @property {number} value
 * @property {number} [from]
 * @property {number} [to]
 */

/**
 * @typedef {object} Axes
 * @property {object} x `scale` and `axis`, in the words of Vega-Lite
 * @property {object} y
 * @property {boolean} [withPoints] where something was measured
 */

const AXIS_ROOM = 52;
const GAP = 14;
const HEIGHT = 110;

/**
 * @param {Point[]} points
 * @param {Axes} axes
 * @param {string | undefined} reference
 * @param {string[]} contestants
 * @param {import('./layout.mjs').Layout} layout
 */
export function panels(points, { withPoints, ...axes }, reference, contestants, layout) {
  const names = [...new Set(points.map(({ contestant }) => contestant))];
  const columns = Math.min(layout.columns, Math.max(2, names.length));
  const width = Math.floor((layout.width - AXIS_ROOM - (columns - 1) * GAP) / columns);
  const values = points.map((point) => ({
    ...point,
    color: colorOf(point.contestant, contestants),
  }));
  const x = { field: 'x', type: 'quantitative', ...axes.x };
  const y = { type: 'quantitative', ...axes.y };
  const color = { field: 'color', type: 'nominal', scale: null };
  return {
    data: { values },
    columns,
    spacing: { column: GAP, row: GAP },
    facet: {
      field: 'contestant',
      type: 'nominal',
      sort: names,
      title: null,
      header: { labelAnchor: 'start', labelFontWeight: 'bold', labelPadding: 4 },
    },
    spec: {
      width,
      height: HEIGHT,
      layer: [
        {
          mark: { type: 'area', opacity: 0.25 },
          transform: [{ filter: 'isValid(datum.from)' }],
          encoding: { x, y: { ...y, field: 'from' }, y2: { field: 'to' }, color },
        },
        {
          // Its own data: so it is in every panel.
          data: {
            values: points
              .filter(({ contestant }) => contestant === reference)
              .map(({ x, value }) => ({ x, value })),
          },
          mark: { type: 'line', strokeDash: [4, 3], strokeWidth: 1.5, color: 'var(--muted)' },
          encoding: { x, y: { ...y, field: 'value' } },
        },
        {
          mark: {
            type: 'line',
            strokeWidth: 2.2,
            ...(withPoints && { point: { size: 24, filled: true } }),
          },
          encoding: { x, y: { ...y, field: 'value' }, color },
        },
      ],
    },
  };
}

/**
 * Powers of ten, with steps between where there are few.
 * @param {number} from
 * @param {number} to
 */
export function logTicks(from, to) {
  const steps = Math.log10(to / from) < 1.5 ? [1, 2, 5] : [1];
  const powers = Array.from({ length: 16 }, (_, index) => 10 ** (index - 6));
  return powers
    .flatMap((power) => steps.map((step) => power * step))
    .filter((tick) => tick >= from * 0.999 && tick <= to * 1.001);
}

export const AXIS_FONT = { labelFontSize: FONT_SIZE - 1, titleFontSize: FONT_SIZE - 1 };
