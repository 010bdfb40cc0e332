/**
 * `rondo/metrics`: what a Supervisor or a Dispatcher does, for Prometheus, for probes, and on a page to look at. What
 * `rondo start --metrics` serves.
 *
 * @module rondo/metrics
 */

export {
  type Exemplar,
  Exposition,
  type Family,
  type Format,
  type HistogramCounts,
  labelsOf,
  type MetricSource,
} from './exposition.js';
export { MetricsServer, type MetricsServerOptions } from './metrics-server.js';
export { type Page, pageHandlers } from './page/index.js';
export { ProgramMetrics, type ProgramMetricsOptions } from './program/program-metrics.js';
export type { Handler } from './server.js';
export { metricsOf } from './text.js';
