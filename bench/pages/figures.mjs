// The tables of docs/benchmark.md with one way in each row, and more ways than the table by situation has.

import { isThere } from '../lib/judging.mjs';
import { isValid, METRICS } from '../lib/metrics.mjs';
import { median } from '../lib/statistics.mjs';
import { WAYS } from '../report/situations.mjs';
import { formatNumber } from '../report/words.mjs';

/** @typedef {import('../lib/types.mjs').Cell} Cell */
/** @typedef {{ head: string, scenario: string, at?: import('../lib/judging.mjs').Place, metrics: string[] }} Column */

/** @type {Record<string, string>} */
const ROWS = {
  ...WAYS,
  proxy: 'a reverse proxy',
  'rondo-ipc': 'rondo without its addon',
};
/** @type {Column[]} */
const COST = [
  { head: 'storm, connections/s', scenario: 'storm', metrics: ['rate'] },
  {
    head: 'CPU per connection, primary / workers, µs',
    scenario: 'storm',
    metrics: ['primaryUs', 'workersUs'],
  },
  { head: 'busy, standard deviation, ms', scenario: 'busy', metrics: ['stddevMs'] },
  { head: 'mixed, 99th percentile / longest, ms', scenario: 'mixed', metrics: ['p99Ms', 'maxMs'] },
];
/** @type {Record<string, string>} */
const MESSAGES_ROWS = {
  'rondo-hub': '`rondo/hub`',
  'process-send': '`process.send()` through the primary',
};
const SHORT = { parameters: { bytes: 100, load: 'flood' } };
const LONG = { parameters: { bytes: 65_536, load: 'flood' } };
const BLOCKED = { parameters: { primary: 'blocked' } };
/** @type {Column[]} */
const MESSAGES = [
  {
    head: '100 bytes, messages/s',
    scenario: 'messages',
    at: SHORT,
    metrics: ['messagesPerSecond'],
  },
  { head: '99th percentile, µs', scenario: 'messages', at: SHORT, metrics: ['messageP99Us'] },
  { head: '64 KiB, messages/s', scenario: 'messages', at: LONG, metrics: ['messagesPerSecond'] },
  {
    head: 'primary blocked for half of the time: longest, ms',
    scenario: 'messages',
    at: BLOCKED,
    metrics: ['messageMaxMs'],
  },
];
/** @type {Record<string, string>} */
const SHARED_ROWS = {
  'rondo-shared': '`counter` of `rondo/shared`',
  'rondo-limiter': '`limiter` of `rondo/shared`',
  clusterhub: 'clusterhub',
  'rate-limiter-flexible': 'rate-limiter-flexible, cluster',
};
/** @type {Column[]} */
const SHARED = [
  {
    head: 'additions/s of 4 workers',
    scenario: 'counters',
    at: { workers: 4 },
    metrics: ['operationsPerSecond'],
  },
  { head: 'decisions/s of 2 workers', scenario: 'limiter', metrics: ['operationsPerSecond'] },
  { head: 'CPU of a decision, µs', scenario: 'limiter', metrics: ['operationUs'] },
];

/** @type {Record<string, string>} */
const REQUESTS_ROWS = {
  'rondo-native': 'rondo',
  'rondo-off': "rondo, `rebalance: 'off'`",
  'rondo-supervisor': 'rondo with its Supervisor',
  'cluster-rr': '`node:cluster`',
  pm2: 'pm2, cluster mode',
  watt: 'Watt',
  reuseport: '`SO_REUSEPORT`',
};
const STAYS = { parameters: { load: 'keep-alive' } };
/** @type {Column[]} */
const REQUESTS = [
  {
    head: 'keep-alive-busy, 99th percentile / median, ms',
    scenario: 'keep-alive-busy',
    metrics: ['p99Ms', 'p50Ms'],
  },
  { head: 'CPU of a request, µs', scenario: 'keep-alive-busy', metrics: ['serverUs'] },
  {
    head: 'keep-alive-pool, busiest worker by the mean',
    scenario: 'keep-alive-pool',
    metrics: ['busiestRequests'],
  },
  { head: '99th percentile, ms', scenario: 'keep-alive-pool', metrics: ['p99Ms'] },
  {
    head: 'reload, connections closed / requests failed',
    scenario: 'reload',
    at: STAYS,
    metrics: ['closedByServer', 'failedRequests'],
  },
];

/** @param {Cell[]} cells */
export function requestsTable(cells) {
  return table(REQUESTS_ROWS, REQUESTS, cells);
}

/** @param {Cell[]} cells */
export function costTable(cells) {
  return table(ROWS, COST, cells);
}

/** @param {Cell[]} cells */
export function messagesTable(cells) {
  return table(MESSAGES_ROWS, MESSAGES, cells);
}

/** @param {Cell[]} cells */
export function sharedTable(cells) {
  return table(SHARED_ROWS, SHARED, cells);
}

/**
 * @param {Record<string, string>} rows
 * @param {Column[]} columns
 * @param {Cell[]} cells
 */
function table(rows, columns, cells) {
  const lines = Object.entries(rows).map(([contestant, name]) => {
    const own = cells.filter((cell) => cell.contestant === contestant);
    return `| ${name} | ${columns.map((column) => entry(column, own)).join(' | ')} |`;
  });
  const head = ['| |', ...columns.map(({ head }) => ` ${head} |`)].join('');
  return [head, `|---|${'---:|'.repeat(columns.length)}`, ...lines].join('\n');
}

/**
 * @param {Column} column
 * @param {Cell[]} cells of one contestant
 */
function entry({ scenario, at, metrics }, cells) {
  const own = cells
    .filter((cell) => cell.scenario === scenario && isThere(cell, at))
    .filter(isValid);
  const values = metrics.map((metric) => median(own.map(METRICS[metric].of)));
  if (values.some((value) => value === undefined)) return '';
  return values.map((value) => show(Number(value))).join(' / ');
}

/** @param {number} value */
function show(value) {
  if (Number.isInteger(value)) return formatNumber(value, 0);
  return formatNumber(value, value < 1 ? 2 : 1);
}
