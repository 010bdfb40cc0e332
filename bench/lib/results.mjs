// results.jsonl: one line per cell, with all that is known of it and of where it ran. What a report
// or a comparison says comes from these lines alone.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SCENARIOS } from '../scenarios/index.mjs';
import { isValid, METRICS } from './metrics.mjs';
import { median } from './statistics.mjs';

const FILE = 'results.jsonl';
const CPU = ['primaryUs', 'workersUs', 'serverUs', 'clientUs'];

/**
 * A line of results.jsonl.
 * @typedef {import('./types.mjs').Cell & ReturnType<typeof import('./machine.mjs').describeMachine> & {
 *   valid: boolean,
 *   figures: Record<string, number>,
 *   time: string,
 *   loadAverage: number[],
 * }} Result
 */

/** A directory without results that can be read. */
export class ResultsError extends Error {}

/** @param {string} directory */
export function resultsFile(directory) {
  return path.join(directory, FILE);
}

/**
 * @param {import('./types.mjs').Cell} cell
 * @param {number[]} loadAverage before the cell
 * @param {ReturnType<typeof import('./machine.mjs').describeMachine>} where
 * @returns {Result}
 */
export function toResult(cell, loadAverage, where) {
  const time = new Date().toISOString();
  return { ...cell, valid: isValid(cell), figures: figuresOf(cell), time, loadAverage, ...where };
}

/**
 * The metrics that are charted in a scenario.
 * @param {string} scenario
 */
export function mainMetrics(scenario) {
  const { main, columns } = SCENARIOS[scenario] ?? { columns: [] };
  return main ?? columns.slice(0, 1);
}

/** @param {string} scenario */
export function comparedMetrics(scenario) {
  return SCENARIOS[scenario]?.compared ?? mainMetrics(scenario);
}

/** @param {import('./types.mjs').Cell} cell */
function figuresOf(cell) {
  if (!isValid(cell)) return {};
  const columns = SCENARIOS[cell.scenario]?.columns ?? [];
  const names = new Set([
    ...columns,
    ...mainMetrics(cell.scenario),
    ...(cell.cpuUs === undefined ? [] : CPU),
  ]);
  const figures = [...names].map((name) => [name, METRICS[name].of(cell)]);
  return Object.fromEntries(figures.filter(([, value]) => Number.isFinite(value)));
}

/**
 * @param {string} directory
 * @returns {Result[]} at least one
 */
export function readResults(directory) {
  const file = resultsFile(directory);
  const lines = read(file).split('\n');
  const results = lines.flatMap((line, index) =>
    line.trim() === '' ? [] : [parse(line, `${file}:${index + 1}`)],
  );
  if (results.length === 0) throw new ResultsError(`${file} is empty`);
  return results;
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ResultsError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} line
 * @param {string} where
 */
function parse(line, where) {
  let result;
  try {
    result = JSON.parse(line);
  } catch {
    throw new ResultsError(`${where}: not JSON`);
  }
  for (const key of ['scenario', 'contestant', 'valid', 'figures', 'machine']) {
    if (result?.[key] === undefined) throw new ResultsError(`${where}: no '${key}'`);
  }
  return result;
}

/**
 * A value per round, the median of its passes: passes of a round have more in common than rounds
 * have, and as values of their own they would make an interval too narrow.
 * @param {Result[]} results
 * @param {(result: Result) => number | undefined} of
 */
export function valuesByRound(results, of) {
  /** @type {Map<number, number[]>} */
  const rounds = new Map();
  for (const result of results) {
    const value = result.valid ? of(result) : undefined;
    if (value !== undefined) rounds.set(result.round, [...(rounds.get(result.round) ?? []), value]);
  }
  return [...rounds.values()].flatMap((values) => median(values) ?? []);
}

/**
 * `load 50 %, 2 workers`.
 * @param {Pick<import('./types.mjs').Cell, 'parameters' | 'workers'>} cell
 */
export function variantOf(cell) {
  return [parametersOf(cell), `${cell.workers} workers`].filter(Boolean).join(', ');
}

/**
 * What tells a cell from others of its contestant in its scenario, apart from the number of workers:
 * `load 50 %, size 10`. Empty if nothing does.
 * @param {Pick<import('./types.mjs').Cell, 'parameters'>} cell
 */
export function parametersOf({ parameters = {} }) {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
