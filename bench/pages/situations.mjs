// What somebody who has to share a port may look for, and the figure that tells. A rank among the ways is made of medians alone.

import { isThere } from '../lib/judging.mjs';
import { isValid, METRICS } from '../lib/metrics.mjs';
import { median } from '../lib/statistics.mjs';

/** Who has less than a tenth more than the best is as good: on two days the same run differs by that. */
export const AS_GOOD = 1.1;

/**
 * @typedef {object} Situation
 * @property {string} text of the reader's program
 * @property {string} figure what is compared, with its unit
 * @property {string} scenario
 * @property {string} metric a key of METRICS
 * @property {import('../lib/judging.mjs').Place} [at]
 * @property {string} [run] the directory of its results, where it is not RUN
 */

/** The newest run of most of them. */
export const RUN = '2-cores-dealing';
/** An earlier run of all, of an earlier version. */
export const EARLIER = '2-cores';
/** Messages and shared state. */
export const TALK = '2-cores-talk';

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

/** @type {Situation[]} */
export const SITUATIONS = [
  {
    text: 'many short connections, and little to do for each',
    figure: 'connections per second',
    scenario: 'storm',
    metric: 'rate',
  },
  {
    text: 'the same, and CPU time is what you pay for',
    figure: 'CPU time of the server per connection, µs',
    scenario: 'storm',
    metric: 'serverUs',
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
    text: 'connections that stay (WebSockets, pools), opened one after another',
    figure: 'spread over 4 workers, %',
    scenario: 'long-lived',
    metric: 'spread',
    at: { parameters: { opening: 'one at a time' } },
  },
  {
    text: 'connections that stay, opened all at once, as after a restart',
    figure: 'spread over 4 workers, %',
    scenario: 'long-lived',
    metric: 'spread',
    at: { parameters: { opening: '400 at once' } },
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
  },
  {
    text: 'workers may crash',
    figure: 'clients that hang, of 8,000, with a worker killed every 200 ms',
    scenario: 'killed-workers',
    metric: 'hung',
  },
  {
    text: 'the same',
    figure: 'clients that fail',
    scenario: 'killed-workers',
    metric: 'failed',
  },
  {
    text: 'processes start often',
    figure: 'time until 2 workers are ready, ms',
    scenario: 'start-up',
    metric: 'readyMs',
    at: { workers: 2 },
    run: EARLIER,
  },
  {
    text: 'little memory',
    figure: 'memory of all processes with 2 workers, MB',
    scenario: 'start-up',
    metric: 'totalMb',
    at: { workers: 2 },
    run: EARLIER,
  },
];

/**
 * What is no difference though its ratio is large, in the unit of the metric.
 * @type {Record<string, number>}
 */
export const NEGLIGIBLE = { spread: 0.5, late: 1, failed: 1, maxMs: 5, p99Ms: 0.5, stddevMs: 0.5 };

/** @typedef {{ way: string, value: number, isGood: boolean }} Placed */

/**
 * The figure of each way that was asked, and whether it is as good as the best.
 * @param {Situation} situation
 * @param {import('../lib/types.mjs').Cell[]} cells of its run
 * @returns {Placed[]} in the order of WAYS
 */
export function place({ scenario, metric, at }, cells) {
  const { of, better } = METRICS[metric];
  const smallest = NEGLIGIBLE[metric] ?? 0;
  const own = cells
    .filter((cell) => cell.scenario === scenario && isThere(cell, at))
    .filter(isValid);
  const found = Object.keys(WAYS).flatMap((way) => {
    const value = median(own.filter(({ contestant }) => contestant === way).map(of));
    return value === undefined ? [] : [{ way, value }];
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
