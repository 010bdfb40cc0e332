// The figures of scenarios that are about requests on connections that stay.

/** @type {Record<string, import('./metrics.mjs').Metric>} */
export const REQUEST_METRICS = {
  p90Ms: {
    label: 'p90',
    name: '90th percentile of latency',
    unit: 'ms',
    digits: 2,
    of: ({ load }) => load.latencyMs.p90,
  },
  busiestRequests: {
    label: 'busiest / mean',
    name: 'requests of the worker with the most by the mean',
    digits: 3,
    of: ({ load, workers }) => {
      const counts = Object.values(load.workersAfterStart ?? load.workers);
      const total = counts.reduce((sum, count) => sum + count, 0);
      return (Math.max(...counts) * workers) / total;
    },
  },
  busiestCpu: {
    label: 'its CPU / mean',
    name: 'CPU time of the worker with the most by the mean',
    digits: 3,
    of: ({ observed }) => observed.busiestCpu,
  },
  moved: {
    label: 'moved',
    name: 'requests on a connection that had another worker before',
    unit: 'requests',
    digits: 0,
    better: 'neither',
    of: ({ load }) => load.moved ?? 0,
  },
  rateAsked: {
    label: 'asked/s',
    name: 'rate asked for',
    unit: 'per second',
    digits: 0,
    better: 'neither',
    of: ({ asked }) => asked?.rate ?? Number.NaN,
  },
  closedByServer: {
    label: 'closed',
    name: 'connections that the server closed',
    unit: 'connections',
    digits: 0,
    negligible: 0,
    of: ({ load }) => Object.values(load.closed).reduce((sum, count) => sum + count, 0),
  },
  failedRequests: {
    label: 'failed',
    name: 'requests that failed',
    unit: 'requests',
    digits: 0,
    negligible: 0,
    of: ({ load }) => load.failed + load.refused,
  },
  hungRequests: {
    label: 'hung',
    name: 'requests that hung',
    unit: 'requests',
    digits: 0,
    of: ({ load }) => load.hung,
  },
  beforeP99Ms: {
    label: 'p99 before',
    name: '99th percentile of latency before the reloads',
    unit: 'ms',
    digits: 1,
    of: ({ observed }) => observed.beforeP99Ms,
  },
  p99ByBefore: {
    label: 'p99 / before',
    name: '99th percentile of latency by that before the reloads',
    digits: 2,
    of: ({ load, observed }) => load.latencyMs.p99 / observed.beforeP99Ms,
  },
  reloadMs: {
    label: 'reload ms',
    name: 'time of a reload',
    unit: 'ms',
    digits: 0,
    of: ({ observed }) => observed.reloadMs,
  },
};
