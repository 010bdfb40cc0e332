/**
 * State that the processes of a program share, in memory, without a server and without messages:
 * counters, gauges and histograms, limits, and small values by key. Synchronous, and unharmed by a
 * process that is killed at any moment. See docs/shared.md.
 *
 * @module rondo/shared
 */

export { counter } from './counter.js';
export { sharedEnvironment } from './environment.js';
export { gauge } from './gauge.js';
export { histogram } from './histogram.js';
export { limiter } from './limiter.js';
export { map } from './map.js';
export type {
  AsyncCounter,
  AsyncLimiter,
  AsyncMap,
  Counter,
  Gauge,
  Histogram,
  HistogramOptions,
  HistogramValue,
  Limiter,
  LimiterAlgorithm,
  LimiterOptions,
  MapOptions,
  MetricOptions,
  Promised,
  SetOptions,
  Share,
  SharedMap,
  TableStats,
  Taken,
} from './types.js';
