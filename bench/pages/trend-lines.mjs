// The lines of ../trend.jsonl: for each contestant in each scenario that --quick has, its figure and what that is by
// the one of plain node:cluster in the same run. Only the ratio may be compared with that of another day or machine.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mainMetrics, parametersOf, valuesByRound } from '../lib/results.mjs';
import { median } from '../lib/statistics.mjs';
import { SCENARIOS } from '../scenarios/index.mjs';

export const TREND_FILE = fileURLToPath(new URL('../trend.jsonl', import.meta.url));
export const BASE = 'cluster-rr';

/**
 * @typedef {object} TrendLine
 * @property {string | null} commit
 * @property {string} date when the run began, to the minute, UTC
 * @property {string} machine
 * @property {string} node
 * @property {string} scenario
 * @property {string} variant
 * @property {string} contestant
 * @property {string} metric a key of METRICS
 * @property {number} rounds
 * @property {number} figure the median over the rounds
 * @property {number | null} ratio of that to the figure of node:cluster; null where that is none or 0
 */

/**
 * @param {import('../lib/results.mjs').Result[]} results of one run
 * @returns {TrendLine[]}
 */
export function trendLines(results) {
  const [{ commit, machine, node, time }] = results;
  const about = {
    commit,
    date: `${time.slice(0, 16)}Z`,
    machine: `${machine.cores} × ${machine.cpu}, ${machine.kernel}`,
    node,
  };
  const quick = results.filter(({ scenario }) => SCENARIOS[scenario]?.quick);
  const keys = new Set(quick.map((cell) => JSON.stringify([cell.scenario, placeOf(cell)])));
  return [...keys].flatMap((key) => {
    const [scenario, variant] = JSON.parse(key);
    const cells = quick.filter((cell) => cell.scenario === scenario && placeOf(cell) === variant);
    return mainMetrics(scenario).flatMap((metric) => {
      const base = median(valuesOf(cells, BASE, metric));
      const contestants = [...new Set(cells.map(({ contestant }) => contestant))];
      return contestants.flatMap((contestant) => {
        const values = valuesOf(cells, contestant, metric);
        const figure = median(values);
        if (figure === undefined) return [];
        const ratio = base ? significant(figure / base) : null;
        const rounds = values.length;
        return [
          {
            ...about,
            scenario,
            variant,
            contestant,
            metric,
            rounds,
            figure: significant(figure),
            ratio,
          },
        ];
      });
    });
  });
}

/** @returns {TrendLine[]} in the order they were added */
export function readTrend() {
  const lines = readFileSync(TREND_FILE, 'utf8').split('\n');
  return lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

/** @param {import('../lib/results.mjs').Result} cell */
function placeOf(cell) {
  return [parametersOf(cell), `${cell.workers} workers`].filter(Boolean).join(', ');
}

/**
 * @param {import('../lib/results.mjs').Result[]} cells
 * @param {string} contestant
 * @param {string} metric
 */
function valuesOf(cells, contestant, metric) {
  return valuesByRound(
    cells.filter((cell) => cell.contestant === contestant),
    ({ figures }) => figures[metric],
  );
}

/** @param {number} value */
function significant(value) {
  return Number(value.toPrecision(5));
}
