// The figures of a cell that tables, targets, charts and comparisons speak of.

import { PROGRAM_METRICS } from './program-metrics.mjs';
import { REQUEST_METRICS } from './request-metrics.mjs';

/** @typedef {import('./types.mjs').Cell} Cell */

/** The worker that `stalled-worker` stops, by its name in replies. */
const STALLED = 'w0';

/**
 * A cell has what its scenario's columns are made of; which that is differs among scenarios.
 * @typedef {Cell & Required<Pick<Cell, 'load' | 'background' | 'observed' | 'cpuUs' | 'othersCores'>>} ValidCell
 */

/**
 * @typedef {object} Metric
 * @property {string} label of its column in a table
 * @property {string} [name] in a chart and in a sentence; without it the label
 * @property {string} [unit]
 * @property {number} digits
 * @property {'higher' | 'neither'} [better] without it lower is
 * @property {number} [negligible] medians that differ by no more are no different; for small counts, where a
 *   ratio says nothing
 * @property {(cell: ValidCell) => number} of
 */

/** @type {Record<string, Metric>} */
export const METRICS = {
  rate: {
    label: 'per second',
    name: 'rate',
    unit: 'per second',
    digits: 0,
    better: 'higher',
    of: ({ load }) => load.rate,
  },
  primaryUs: {
    label: 'primary µs',
    name: 'CPU time of the primary',
    unit: 'µs',
    digits: 1,
    of: ({ cpuUs }) => cpuUs.primary,
  },
  workersUs: {
    label: 'workers µs',
    name: 'CPU time of the workers',
    unit: 'µs',
    digits: 1,
    of: ({ cpuUs }) => cpuUs.workers,
  },
  serverUs: {
    label: 'server µs',
    name: 'CPU time of primary and workers',
    unit: 'µs',
    digits: 1,
    of: ({ cpuUs }) => cpuUs.primary + cpuUs.workers,
  },
  clientUs: {
    label: 'client µs',
    name: 'CPU time of the client',
    unit: 'µs',
    digits: 1,
    better: 'neither',
    of: ({ cpuUs }) => cpuUs.client,
  },
  meanMs: {
    label: 'mean ms',
    name: 'mean latency',
    unit: 'ms',
    digits: 2,
    of: ({ load }) => load.latencyMs.mean,
  },
  stddevMs: {
    label: 'stddev ms',
    name: 'standard deviation of latency',
    unit: 'ms',
    digits: 2,
    of: ({ load }) => load.latencyMs.stddev,
  },
  stddevAllMs: {
    label: 'with start',
    name: 'standard deviation of latency, start included',
    unit: 'ms',
    digits: 2,
    of: ({ load }) => load.latencyMs.stddevAll,
  },
  p50Ms: {
    label: 'p50',
    name: 'median latency',
    unit: 'ms',
    digits: 2,
    of: ({ load }) => load.latencyMs.p50,
  },
  p99Ms: {
    label: 'p99',
    name: '99th percentile of latency',
    unit: 'ms',
    digits: 2,
    of: ({ load }) => load.latencyMs.p99,
  },
  maxMs: {
    label: 'max ms',
    name: 'maximum latency',
    unit: 'ms',
    digits: 1,
    of: ({ load }) => load.latencyMs.max,
  },
  othersCores: {
    label: 'others',
    name: 'cores that other programs kept busy',
    digits: 2,
    better: 'neither',
    of: ({ othersCores }) => othersCores,
  },
  busiest: {
    label: 'busiest %',
    name: "busiest worker's share of the replies",
    unit: '%',
    digits: 1,
    of: ({ load }) => largestShare(load.workers),
  },
  busiestConnections: {
    label: 'conns %',
    name: "busiest worker's share of the connections",
    unit: '%',
    digits: 1,
    of: ({ load }) => largestShare(load.workerConnections),
  },
  gap: {
    label: 'max − min',
    name: 'difference between the workers with the most and the fewest connections',
    unit: 'connections',
    digits: 0,
    negligible: 2,
    of: (cell) => gapOf(openByWorker(cell)),
  },
  worstGap: {
    label: 'at worst',
    name: 'difference between the workers with the most and the fewest, at the worst moment',
    unit: 'connections',
    digits: 0,
    negligible: 2,
    // Of a worker that never answered the load generator does not know.
    of: (cell) =>
      (openByWorker(cell).length > Object.keys(cell.load.workerConnections).length
        ? cell.load.mostOpen
        : cell.load.worstGap) ?? Number.NaN,
  },
  busiestRatio: {
    label: 'spread',
    name: 'connections of the worker with the most by an even share',
    digits: 4,
    of: (cell) => Math.max(...sharesOf(cell)) / 100,
  },
  spread: {
    label: 'spread %',
    name: 'standard deviation of the connections of each worker',
    unit: '% of an even share',
    digits: 1,
    of: (cell) => deviation(sharesOf(cell)),
  },
  busiestShare: {
    label: 'busiest',
    name: 'connections of the worker with the most',
    unit: '% of an even share',
    digits: 0,
    of: (cell) => Math.max(...sharesOf(cell)),
  },
  idlestShare: {
    label: 'idlest',
    name: 'connections of the worker with the least',
    unit: '% of an even share',
    digits: 0,
    better: 'higher',
    of: (cell) => Math.min(...sharesOf(cell)),
  },
  primaryBytes: {
    label: 'primary B',
    name: 'memory of the primary per connection held',
    unit: 'bytes',
    digits: 0,
    of: ({ observed, load }) => (1_024 * observed.primaryKb) / load.ok,
  },
  workersBytes: {
    label: 'workers B',
    name: 'memory of the workers per connection held',
    unit: 'bytes',
    digits: 0,
    of: ({ observed, load }) => (1_024 * observed.workersKb) / load.ok,
  },
  primaryFds: {
    label: 'primary fds',
    name: 'descriptors of the primary per connection held',
    digits: 2,
    of: ({ observed, load }) => observed.primaryFds / load.ok,
  },
  slowP50Ms: {
    label: 'slow p50',
    name: 'median latency of the slow requests',
    unit: 'ms',
    digits: 1,
    of: ({ background }) => background.latencyMs.p50,
  },
  late: {
    label: 'late',
    name: 'clients that waited long',
    unit: 'clients',
    digits: 0,
    of: ({ load }) => load.late,
  },
  othersMaxMs: {
    label: 'others max ms',
    name: 'longest wait of others',
    unit: 'ms',
    digits: 1,
    of: longestWaitOfOthers,
  },
  quietP99Ms: {
    label: 'quiet p99',
    name: '99th percentile of latency without load',
    unit: 'ms',
    digits: 2,
    of: ({ observed }) => observed.quietP99Ms,
  },
  p99ByQuiet: {
    label: 'p99 / quiet',
    name: '99th percentile of latency by that without load',
    digits: 2,
    of: ({ load, observed }) => load.latencyMs.p99 / observed.quietP99Ms,
  },
  floodRate: {
    label: 'flood/s',
    name: 'rate on the flooded port',
    unit: 'per second',
    digits: 0,
    better: 'higher',
    of: ({ background }) => background.rate,
  },
  failed: {
    label: 'failed',
    name: 'failed connections',
    digits: 0,
    of: ({ load }) => load.failed,
  },
  refused: {
    label: 'refused',
    name: 'refused connections',
    digits: 0,
    of: ({ load }) => load.refused,
  },
  hung: {
    label: 'hung',
    name: 'hung connections',
    digits: 0,
    of: ({ load }) => load.hung,
  },
  hungConnected: {
    label: 'unanswered',
    name: 'clients that are connected and hear nothing',
    unit: 'clients',
    digits: 0,
    of: ({ load }) => load.hungConnected ?? Number.NaN,
  },
  connectMaxMs: {
    label: 'connect max ms',
    name: 'longest connect',
    unit: 'ms',
    digits: 1,
    of: ({ load }) => load.connectMs?.max ?? Number.NaN,
  },
  listenDrops: {
    label: 'drops',
    name: 'packets that the listening socket dropped',
    unit: 'packets',
    digits: 0,
    of: ({ observed }) => observed.listenDrops,
  },
  capacity: {
    label: 'capacity',
    name: 'rate without a limit in a closed loop',
    unit: 'per second',
    digits: 0,
    better: 'higher',
    of: ({ observed }) => observed.capacity,
  },
  goodput: {
    label: 'goodput',
    name: 'replies in time, by the capacity',
    digits: 3,
    better: 'higher',
    of: ({ observed }) => observed.goodput,
  },
  refusalPrimaryUs: {
    label: 'refusal µs',
    name: 'CPU time of the primary for a refusal',
    unit: 'µs',
    digits: 1,
    of: ({ observed }) => observed.refusalPrimaryUs ?? Number.NaN,
  },
  refusalWorkersUs: {
    label: 'its workers µs',
    name: 'CPU time of the workers for a refusal',
    unit: 'µs',
    digits: 1,
    of: ({ observed }) => observed.refusalWorkersUs ?? Number.NaN,
  },
  kills: {
    label: 'kills',
    name: 'workers killed',
    digits: 0,
    better: 'neither',
    of: ({ observed }) => observed.kills,
  },
  rateKept: {
    label: 'kept %',
    name: 'rate reached of the rate asked for',
    unit: '%',
    digits: 0,
    better: 'higher',
    of: ({ asked, load }) => (100 * load.rate) / (asked?.rate ?? Number.NaN),
  },
  handoffP50Us: {
    label: 'p50 µs',
    name: 'median time of a hand-off',
    unit: 'µs',
    digits: 0,
    of: ({ load }) => microseconds(load.handoffMs?.p50),
  },
  handoffP90Us: {
    label: 'p90',
    name: '90th percentile of the time of a hand-off',
    unit: 'µs',
    digits: 0,
    of: ({ load }) => microseconds(load.handoffMs?.p90),
  },
  handoffP99Us: {
    label: 'p99',
    name: '99th percentile of the time of a hand-off',
    unit: 'µs',
    digits: 0,
    of: ({ load }) => microseconds(load.handoffMs?.p99),
  },
  handoffP999Us: {
    label: 'p99.9',
    name: '99.9th percentile of the time of a hand-off',
    unit: 'µs',
    digits: 0,
    of: ({ load }) => microseconds(load.handoffMs?.p999),
  },
  handoffMaxUs: {
    label: 'max',
    name: 'longest hand-off',
    unit: 'µs',
    digits: 0,
    of: ({ load }) => microseconds(load.handoffMs?.max),
  },
  readyMs: {
    label: 'ready ms',
    name: 'time until all workers are ready',
    unit: 'ms',
    digits: 0,
    of: ({ observed }) => observed.readyMs,
  },
  workersReadyMs: {
    label: 'workers ms',
    name: 'time until all workers are ready, without the start of the primary',
    unit: 'ms',
    digits: 0,
    of: ({ observed }) => observed.workersReadyMs,
  },
  primaryMb: {
    label: 'primary MB',
    name: 'resident memory of the primary',
    unit: 'MB',
    digits: 1,
    of: ({ observed }) => observed.primaryKb / 1_024,
  },
  workerMb: {
    label: 'worker MB',
    name: 'resident memory of a worker',
    unit: 'MB',
    digits: 1,
    of: ({ observed, workers }) => observed.workersKb / workers / 1_024,
  },
  totalMb: {
    label: 'total MB',
    name: 'memory of all processes, shared pages counted once',
    unit: 'MB',
    digits: 1,
    of: ({ observed }) => observed.totalKb / 1_024,
  },
  ...PROGRAM_METRICS,
  ...REQUEST_METRICS,
};

/** @param {number | undefined} ms */
function microseconds(ms = Number.NaN) {
  return ms * 1_000;
}

/**
 * Of every worker, those without any too: its connections in percent of an even share.
 * @param {ValidCell} cell
 */
function sharesOf(cell) {
  const all = countsOf(cell, cell.load.workerConnections);
  const total = all.reduce((sum, count) => sum + count, 0);
  return all.map((count) => (100 * count * all.length) / total);
}

/**
 * Of every worker, those without any too: its connections that are open when all have been opened.
 * @param {ValidCell} cell
 */
function openByWorker(cell) {
  return countsOf(cell, cell.load.workerOpen ?? cell.load.workerConnections);
}

/**
 * @param {ValidCell} cell
 * @param {Record<string, number>} byWorker lacks the workers without any
 */
function countsOf({ workers, servers = workers }, byWorker) {
  const counts = Object.values(byWorker);
  return [...counts, ...Array(Math.max(0, servers - counts.length)).fill(0)];
}

/** @param {number[]} counts */
function gapOf(counts) {
  return Math.max(...counts) - Math.min(...counts);
}

/**
 * What a worker had received when it was stopped can only wait until it goes on. That are, of those it served,
 * the ones whose client had begun before; all that began later it could not have received.
 * @param {ValidCell} cell
 */
function longestWaitOfOthers({ load, observed }) {
  const slowest = load.slowest ?? [];
  const others = slowest.filter(
    ({ worker, startMs }) => worker !== STALLED || startMs > observed.stalledAtMs,
  );
  return (others[0] ?? slowest.at(-1))?.ms ?? Number.NaN;
}

/** @param {number[]} shares whose mean is 100 */
function deviation(shares) {
  return Math.sqrt(shares.reduce((sum, share) => sum + (share - 100) ** 2, 0) / shares.length);
}

/**
 * The share of the worker with the most, in percent: 50 is even for 2 workers.
 * @param {Record<string, number>} counts by worker
 */
function largestShare(counts) {
  const values = Object.values(counts);
  return (100 * Math.max(...values)) / values.reduce((sum, value) => sum + value, 0);
}

/**
 * @param {Cell} cell
 * @returns {cell is ValidCell}
 */
export function isValid(cell) {
  return cell.reason === undefined && (cell.load ?? cell.observed) !== undefined;
}

/**
 * The values of one metric over the rounds.
 * @param {Cell[]} cells
 * @param {string} scenario
 * @param {string} contestant
 * @param {string} metric a key of METRICS
 */
export function valuesOf(cells, scenario, contestant, metric) {
  return cells
    .filter((cell) => cell.scenario === scenario && cell.contestant === contestant)
    .filter(isValid)
    .map(METRICS[metric].of);
}

/**
 * One metric of one contestant by that of another, for each pass that both have a valid cell of.
 * @param {Cell[]} cells
 * @param {string} scenario
 * @param {string} metric a key of METRICS
 * @param {string} of
 * @param {string} against
 */
export function pairedRatios(cells, scenario, metric, of, against) {
  const valid = cells.filter((cell) => cell.scenario === scenario).filter(isValid);
  return valid.flatMap((own) => {
    if (own.contestant !== of) return [];
    const base = valid.find(
      ({ contestant, round, pass }) =>
        contestant === against && round === own.round && pass === own.pass,
    );
    return base ? [METRICS[metric].of(own) / METRICS[metric].of(base)] : [];
  });
}
