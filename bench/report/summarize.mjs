// The lines of results.jsonl, put in order: scenarios, in each the cells that can be compared with
// each other (same parameters, same number of workers), and of each contestant its figures. Where a
// scenario is measured at several numbers of workers, or sizes, that is the axis of its charts.
import { CONTESTANTS } from '../contestants/index.mjs';
import { parametersOf, valuesByRound } from '../lib/results.mjs';
import { median, medianInterval } from '../lib/statistics.mjs';
import { SCENARIOS } from '../scenarios/index.mjs';

/** @typedef {import('../lib/results.mjs').Result} Result */

/**
 * One contestant in one scenario under the same conditions.
 * @typedef {object} Row
 * @property {string} contestant
 * @property {number} workers
 * @property {number} at where it is on the axis of its scenario
 * @property {Result[]} valid
 * @property {number} total valid and void cells
 */

/**
 * @typedef {object} Group
 * @property {string} heading its parameters without the one that is the axis; empty if there is none
 * @property {string} axis `workers`, or the parameter that takes so many values that it is one
 * @property {number} at
 * @property {Row[]} rows
 */

/**
 * @typedef {object} Estimate
 * @property {number} value the median
 * @property {number[]} values of the rounds
 * @property {{ from: number, to: number } | undefined} interval
 */

/**
 * The names in the results, those known in the order of the tables and others behind them.
 * @param {Result[]} results
 * @param {'scenario' | 'contestant'} key
 */
export function namesOf(results, key) {
  const known = Object.keys(key === 'scenario' ? SCENARIOS : CONTESTANTS);
  const found = [...new Set(results.map((result) => result[key]))];
  return [
    ...known.filter((name) => found.includes(name)),
    ...found.filter((name) => !known.includes(name)),
  ];
}

/**
 * @param {Result[]} results
 * @param {string} scenario
 * @returns {Group[]} in the order they ran
 */
export function groupsOf(results, scenario) {
  const own = results.filter((result) => result.scenario === scenario);
  const axis = axisOf(own);
  /** @type {Map<string, Result[]>} */
  const cells = new Map();
  for (const result of own) {
    const key = JSON.stringify([headingOf(result, axis), result.workers, positionOf(result, axis)]);
    cells.set(key, [...(cells.get(key) ?? []), result]);
  }
  return [...cells.values()].map((group) => {
    const at = positionOf(group[0], axis);
    return { heading: headingOf(group[0], axis), axis, at, rows: rowsOf(group, at) };
  });
}

/**
 * Where the most contestants can be compared; of several such places the furthest.
 * @param {Group[]} groups
 */
export function fullest(groups) {
  return groups.reduce((most, group) => (group.rows.length >= most.rows.length ? group : most));
}

/** @param {Result[]} results of one scenario */
function axisOf(results) {
  const names = new Set(results.flatMap(({ parameters = {} }) => Object.keys(parameters)));
  const scale = [...names].find((name) => {
    const values = new Set(results.map(({ parameters }) => parameters?.[name]));
    return values.size > 2 && [...values].every((value) => typeof value === 'number' && value > 0);
  });
  return scale ?? 'workers';
}

/**
 * @param {Result} result
 * @param {string} axis
 */
function positionOf({ workers, parameters = {} }, axis) {
  return axis === 'workers' ? workers : Number(parameters[axis]);
}

/**
 * @param {Result} result
 * @param {string} axis
 */
function headingOf(result, axis) {
  const { [axis]: _, ...parameters } = result.parameters ?? {};
  return parametersOf({ ...result, parameters });
}

/**
 * @param {Result[]} cells
 * @param {number} at
 * @returns {Row[]}
 */
function rowsOf(cells, at) {
  return namesOf(cells, 'contestant').map((contestant) => {
    const own = cells.filter((cell) => cell.contestant === contestant);
    const valid = own.filter((cell) => cell.valid);
    return { contestant, workers: own[0].workers, at, valid, total: own.length };
  });
}

/** @type {WeakMap<Row, Map<string, Estimate | undefined>>} */
const known = new WeakMap();

/**
 * The median of a metric over the rounds. Undefined if no valid cell has it.
 * @param {Row} row
 * @param {string} metric
 * @returns {Estimate | undefined}
 */
export function estimate(row, metric) {
  const estimates = known.get(row) ?? new Map();
  known.set(row, estimates);
  if (!estimates.has(metric)) {
    estimates.set(metric, estimateOf(valuesByRound(row.valid, ({ figures }) => figures[metric])));
  }
  return estimates.get(metric);
}

/**
 * @param {number[]} values one per round
 * @returns {Estimate | undefined}
 */
export function estimateOf(values) {
  const value = median(values);
  return value === undefined ? undefined : { value, values, interval: medianInterval(values) };
}
