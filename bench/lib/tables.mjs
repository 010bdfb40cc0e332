// The tables at the end of a run, as text.
import { CONTESTANTS } from '../contestants/index.mjs';
import { align } from './align.mjs';
import { isValid, METRICS, valuesOf } from './metrics.mjs';
import { parametersOf } from './results.mjs';
import { median } from './statistics.mjs';
import { judge, TARGETS } from './targets.mjs';

/** @typedef {import('./types.mjs').Cell} Cell */

const DISTURBED_CORES = 0.2;

/**
 * The medians of one scenario, a line per contestant, and a table for each of its variants.
 * @param {Cell[]} cells
 * @param {import('./types.mjs').Scenario} scenario
 */
export function scenarioTable(cells, scenario) {
  const own = cells.filter((cell) => cell.scenario === scenario.name);
  const variants = [...new Set(own.map(variantOf))];
  const tables = variants.map((variant) => {
    const table = variantTable(
      own.filter((cell) => variantOf(cell) === variant),
      scenario,
    );
    return scenario.variants ? `${variant}\n${table}` : table;
  });
  const notes = [...new Set(own.flatMap(({ note }) => note ?? []))];
  return [`${scenario.name}: ${scenario.about}`, ...tables, ...notes].join('\n');
}

/** @param {Cell} cell */
function variantOf(cell) {
  return [parametersOf(cell), `${cell.workers} workers`].filter(Boolean).join(', ');
}

/**
 * @param {Cell[]} cells of one variant
 * @param {import('./types.mjs').Scenario} scenario
 */
function variantTable(cells, { name, columns, ownContestants }) {
  const head = [name, ...columns.map((metric) => METRICS[metric].label), 'from–to', 'cells'];
  const rows = Object.keys(ownContestants ?? CONTESTANTS).flatMap((contestant) => {
    const own = cells.filter((cell) => cell.contestant === contestant);
    if (own.length === 0) return [];
    const valid = own.filter(isValid).length;
    const medians = columns.map((metric) =>
      format(median(valuesOf(own, name, contestant, metric)), METRICS[metric].digits),
    );
    const count = valid === own.length ? `${valid}` : `${valid} of ${own.length}`;
    return [[contestant, ...medians, rangeOf(own, columns[0]), count]];
  });
  return align([head, ...rows]);
}

/**
 * The lowest and the highest value of all rounds.
 * @param {Cell[]} cells
 * @param {string} metric
 */
function rangeOf(cells, metric) {
  const { of, digits } = METRICS[metric];
  const values = cells.filter(isValid).map(of);
  if (values.length === 0) return '-';
  return `${format(Math.min(...values), digits)}–${format(Math.max(...values), digits)}`;
}

/**
 * The targets of the scenarios that ran, each met, missed or not measured.
 * @param {Cell[]} cells
 */
export function targetTable(cells) {
  const targets = TARGETS.filter(({ scenario }) =>
    cells.some((cell) => cell.scenario === scenario),
  );
  const rows = targets.map((target) => {
    const { scenario, metric, of, against } = target;
    const what = `${scenario}: ${METRICS[metric].label}, ${of}${against ? ` / ${against}` : ''}`;
    const result = judge(target, cells);
    if (!result) return [what, limitOf(target), '', 'not measured', ''];
    const [own, base] = result.figures.map((figure) => format(figure, METRICS[metric].digits));
    const { value, verdict, pairs } = result;
    const figuresOf =
      base === undefined ? `worst of all rounds; median ${own}` : `${own} / ${base}`;
    return [
      what,
      limitOf(target),
      format(value, against ? (pairs ? 3 : 2) : METRICS[metric].digits),
      verdict,
      `${figuresOf}${describePairs(result)}`,
    ];
  });
  return align([['target', 'limit', 'measured', 'verdict', 'figures'], ...rows]);
}

/** @param {import('./targets.mjs').Result} result */
function describePairs({ pairs, interval }) {
  if (pairs === undefined) return '';
  const where = interval && `${format(interval.from, 3)}–${format(interval.to, 3)}`;
  return `; ${pairs} pairs, ${where ? `19 in 20: ${where}` : 'too few'}`;
}

/**
 * The void cells, those with the same reason together. Empty if there are none.
 * @param {Cell[]} cells
 */
export function voidList(cells) {
  /** @type {Map<string, Set<string>>} */
  const byReason = new Map();
  for (const cell of cells.filter((cell) => !isValid(cell))) {
    const key = `${cell.contestant}: ${cell.reason}`;
    const where = [cell.scenario, parametersOf(cell), cell.round].filter(Boolean).join(' ');
    byReason.set(key, (byReason.get(key) ?? new Set()).add(where));
  }
  return [...byReason]
    .map(([key, where]) => `void (${[...where].join(', ')}) ${key.trim()}`)
    .join('\n');
}

/**
 * A warning if the machine had other work in a good part of the cells. Empty if not.
 * @param {Cell[]} cells
 */
export function disturbance(cells) {
  const disturbed = cells
    .filter(isValid)
    .filter((cell) => (cell.othersCores ?? 0) > DISTURBED_CORES);
  if (disturbed.length <= cells.length / 10) return '';
  return (
    `disturbed: in ${disturbed.length} of ${cells.length} cells other programs kept more than ` +
    `${DISTURBED_CORES} cores busy; do not rely on these figures`
  );
}

/** @param {import('./targets.mjs').Target} target */
function limitOf({ atLeast, atMost, under }) {
  if (atLeast !== undefined) return `≥ ${atLeast}`;
  if (atMost !== undefined) return `≤ ${atMost}`;
  return `< ${under}`;
}

/**
 * @param {number | undefined} value
 * @param {number} digits
 */
function format(value, digits) {
  return value === undefined ? '-' : value.toFixed(digits);
}
