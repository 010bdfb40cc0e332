// What somebody who has to share a port may look for, and the figure that tells. A rank among the ways is made of medians alone.

import { isThere } from '../lib/judging.mjs';
import { isValid, METRICS } from '../lib/metrics.mjs';
import { median } from '../lib/statistics.mjs';
import { formatNumber } from './words.mjs';

/** Who has less than a tenth more than the best is as good: on two days the same run differs by that. */
export const AS_GOOD = 1.1;

/**
 * @typedef {object} Situation
 * @property {string} text of the reader's program
 * @property {string} figure what is compared, with its unit
 * @property {string} scenario
 * @property {string} metric a key of METRICS
 * @property {import('../lib/judging.mjs').Place} [at]
 * @property {string} [most] a parameter of the scenario: of the cells those that have the most of it
 */

/**
 * The ways, by the contestant that stands for each, in the words of somebody who has not read about any.
 * @type {Record<string, string>}
 */
export const WAYS = {
  'rondo-native': 'rondo',
  'cluster-rondo': '`node:cluster` with `rondo/register`',
  'cluster-rr': '`node:cluster`, as it is',
  'cluster-none': '`node:cluster` with `SCHED_NONE`',
  reuseport: '`SO_REUSEPORT`',
  'send-socket': '`subprocess.send(socket)`',
};
/**
 * Who stands for a way where its own contestant is not asked.
 * @type {Record<string, string>}
 */
const INSTEAD = { 'rondo-native': 'rondo-supervisor' };

/** @type {Situation[]} */
export const SITUATIONS = [
  {
    text: 'many short connections, and little to do for each',
    figure: 'connections per second',
    scenario: 'storm',
    metric: 'rate',
  },
  {
    text: 'many short connections, and CPU time is what you pay for',
    figure: 'CPU time of the server per connection, µs',
    scenario: 'storm',
    metric: 'serverUs',
  },
  {
    text: 'connections that stay, and requests that are all alike and quick',
    figure: 'requests per second',
    scenario: 'keep-alive',
    metric: 'rate',
  },
  {
    text: 'a short connection for each request, and requests that are all CPU-bound',
    figure: 'standard deviation of latency, ms',
    scenario: 'busy',
    metric: 'stddevMs',
  },
  {
    text: 'a few slow requests among many fast ones',
    figure: '99th percentile of the fast ones, ms',
    scenario: 'mixed',
    metric: 'p99Ms',
  },
  {
    text: 'slow requests among fast ones, on connections that stay',
    figure: '99th percentile of all, ms',
    scenario: 'keep-alive-busy',
    metric: 'p99Ms',
  },
  {
    text: 'two ports, and one of them is flooded',
    figure: '99th percentile at the other, ms',
    scenario: 'two-listeners',
    metric: 'p99Ms',
    at: { parameters: { flooded: 'first' } },
  },
  {
    text: 'connections that stay (WebSockets, pools), opened one after another',
    figure: 'spread over the workers, %',
    scenario: 'long-lived',
    metric: 'spread',
    at: { parameters: { opening: 'one at a time' } },
    most: 'held',
  },
  {
    text: 'connections that stay, opened all at once, as after a restart',
    figure: 'spread over the workers, %',
    scenario: 'long-lived',
    metric: 'spread',
    at: { parameters: { opening: '400 at once' } },
    most: 'held',
  },
  {
    text: 'a few dozen connections that stay, opened all at once',
    figure: 'connections of the worker with the most less those of the one with the fewest',
    scenario: 'burst',
    metric: 'gap',
    at: { workers: 2, parameters: { held: 64, cores: 'idle' } },
  },
  {
    text: 'workers that join while clients keep their connections',
    figure: 'requests of the busiest worker by the mean',
    scenario: 'keep-alive-pool',
    metric: 'busiestRequests',
  },
  {
    text: 'the primary does work of its own',
    figure: 'longest wait while its event loop is blocked for 1 s, ms',
    scenario: 'blocked-primary',
    metric: 'maxMs',
  },
  {
    text: 'a worker may stop for a while',
    figure: 'clients that wait longer than 50 ms while one stands still for 1 s',
    scenario: 'stalled-worker',
    metric: 'late',
    at: { parameters: { load: 'steady', worker: 'stopped' } },
  },
  {
    text: 'workers may crash',
    figure: 'clients that hang, with a worker killed every 200 ms',
    scenario: 'killed-workers',
    metric: 'hung',
  },
  {
    text: 'workers may crash, and clients try nothing twice',
    figure: 'clients that fail, with a worker killed every 200 ms',
    scenario: 'killed-workers',
    metric: 'failed',
  },
  {
    text: 'a deploy replaces all workers',
    figure: 'requests that fail, on connections that stay',
    scenario: 'reload',
    metric: 'failedRequests',
    at: { parameters: { load: 'keep-alive' } },
  },
  {
    text: 'little to do, and each connection should be there soon',
    figure: 'median time from connect() to the worker on a quiet server, µs',
    scenario: 'handoff',
    metric: 'handoffP50Us',
    at: { parameters: { load: '1 %' } },
  },
  {
    text: 'processes start often',
    figure: 'time until 2 workers are ready, ms',
    scenario: 'start-up',
    metric: 'readyMs',
    at: { workers: 2 },
  },
  {
    text: 'little memory',
    figure: 'memory of all processes with 2 workers, MB',
    scenario: 'start-up',
    metric: 'totalMb',
    at: { workers: 2 },
  },
];

/**
 * What is no difference though its ratio is large, in the unit of the metric.
 * @type {Record<string, number>}
 */
export const NEGLIGIBLE = {
  spread: 0.5,
  late: 1,
  failed: 1,
  gap: 2,
  maxMs: 5,
  p99Ms: 0.5,
  stddevMs: 0.5,
};

/** @typedef {import('../lib/metrics.mjs').ValidCell} ValidCell */
/** @typedef {{ way: string, value: number, isGood: boolean }} Placed */

/**
 * The figure of each way that was asked, and whether it is as good as the best.
 * @param {Situation} situation
 * @param {import('../lib/types.mjs').Cell[]} cells of its run
 * @returns {Placed[]} in the order of WAYS
 */
export function place(situation, cells) {
  const { of, better } = METRICS[situation.metric];
  const smallest = NEGLIGIBLE[situation.metric] ?? 0;
  const own = cellsOf(situation, cells);
  const ofRound = (/** @type {ValidCell[]} */ passes) => median(passes.map(of)) ?? Number.NaN;
  const found = Object.keys(WAYS).flatMap((way) => {
    const [first] = [way, INSTEAD[way]].flatMap((name) => {
      const value = median(
        byRound(own.filter(({ contestant }) => contestant === name)).map(ofRound),
      );
      return value === undefined ? [] : [value];
    });
    return first === undefined ? [] : [{ way, value: first }];
  });
  const values = found.map(({ value }) => value);
  const isHigher = better === 'higher';
  const best = isHigher ? Math.max(...values) : Math.min(...values);
  return found.map((one) => ({
    ...one,
    isGood: isHigher
      ? one.value * AS_GOOD >= best
      : one.value <= best * AS_GOOD || one.value - best <= smallest,
  }));
}

/**
 * @param {Situation} situation
 * @param {import('../lib/types.mjs').Cell[]} cells
 */
function cellsOf({ scenario, at, most }, cells) {
  const own = cells
    .filter((cell) => cell.scenario === scenario && isThere(cell, at))
    .filter(isValid);
  if (most === undefined) return own;
  const amounts = own.map(({ parameters }) => Number(parameters?.[most]));
  return own.filter((_, index) => amounts[index] === Math.max(...amounts));
}

/**
 * The passes of a round have more in common than rounds have: they count as one, as in all of the report.
 * @param {ValidCell[]} cells
 */
function byRound(cells) {
  const rounds = new Set(cells.map(({ round }) => round));
  return [...rounds].map((round) => cells.filter((cell) => cell.round === round));
}

/**
 * The figure as it stands in a table by situation.
 * @param {string} metric
 * @param {number} value
 */
export function show(metric, value) {
  return formatNumber(value, value === Math.round(value) ? 0 : Math.min(METRICS[metric].digits, 1));
}
