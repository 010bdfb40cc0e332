// The tables at the end of a run, as text.
import { CONTESTANTS } from '../contestants/index.mjs';
import { align } from './align.mjs';
import { isAsked, judge } from './judging.mjs';
import { isValid, METRICS, valuesOf } from './metrics.mjs';
import { publishedLines } from './published.mjs';
import { parametersOf, variantOf } from './results.mjs';
import { median } from './statistics.mjs';
import { TARGETS } from './targets.mjs';

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
  const published = publishedLines(scenario, cells);
  return [`${scenario.name}: ${scenario.about}`, ...tables, ...notes, ...published].join('\n');
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
 * The targets of those who were asked, each met, missed or not measured.
 * @param {Cell[]} cells
 */
export function targetTable(cells) {
  const rows = TARGETS.filter((target) => isAsked(target, cells)).map((target) => {
    const result = judge(target, cells);
    if (!result) return [nameOf(target), limitOf(target), '', 'not measured', ''];
    return [
      nameOf(target),
      limitOf(target),
      measuredOf(target, result),
      result.verdict,
      figuresOf(target, result),
    ];
  });
  return align([['target', 'limit', 'measured', 'verdict', 'figures'], ...rows]);
}

/**
 * `burst, held 64, cores idle, 2 workers: max − min, rondo-native`.
 * @param {import('./judging.mjs').Target} target
 */
function nameOf({ scenario, metric, of, at, against, beside }) {
  const where = [scenario, describePlace(at)].filter(Boolean).join(', ');
  const base = [against, describePlace(beside)].filter(Boolean).join(', ');
  return `${where}: ${METRICS[metric].label}, ${of}${base && ` / ${base}`}`;
}

/** @param {import('./judging.mjs').Place} [place] */
function describePlace({ workers, parameters = {} } = {}) {
  const names = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return [...names, ...(workers === undefined ? [] : [`${workers} workers`])].join(', ');
}

/**
 * @param {import('./judging.mjs').Target} target
 * @param {import('./judging.mjs').Result} result
 */
function measuredOf(target, { value, highest, figures, pairs }) {
  const isRatio = figures.length > 1;
  const digits = isRatio ? (pairs ? 3 : 2) : METRICS[target.metric].digits;
  const worst = target.neverOver === undefined ? [] : [`worst ${format(highest, digits)}`];
  return [format(value, digits), ...worst].join(', ');
}

/**
 * @param {import('./judging.mjs').Target} target
 * @param {import('./judging.mjs').Result} result
 */
function figuresOf({ metric }, result) {
  const [own, base] = result.figures.map((figure) => format(figure, METRICS[metric].digits));
  return base === undefined ? '' : `${own} / ${base}${describePairs(result)}`;
}

/** @param {import('./judging.mjs').Result} result */
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

/** @param {import('./judging.mjs').Target} target */
function limitOf({ atLeast, atMost, under, neverOver }) {
  const limits = [
    atLeast !== undefined && `≥ ${atLeast}`,
    atMost !== undefined && `≤ ${atMost}`,
    under !== undefined && `< ${under}`,
    neverOver !== undefined && `worst ≤ ${neverOver}`,
  ];
  return limits.filter(Boolean).join(', ');
}

/**
 * @param {number | undefined} value
 * @param {number} digits
 */
function format(value, digits) {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits);
}
