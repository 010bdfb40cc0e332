/**
 * rondo deals the connections of one listening socket to worker processes. This is the primary's
 * side: the Dispatcher hands connections over, the Supervisor keeps workers alive. A worker imports
 * `rondo/worker`, and the raw passing of file descriptors is `rondo/fd`.
 *
 * @packageDocumentation
 */

export { Dispatcher, type DispatcherEvents } from './dispatcher/dispatcher.js';
export type { Listener } from './dispatcher/listener.js';
export type { Slot } from './dispatcher/slot.js';
export { RondoError, type RondoErrorCode, type RondoErrorDetails } from './errors.js';
export {
  Exposition,
  type Family,
  type Format,
  type HistogramCounts,
  labelsOf,
  type MetricSource,
} from './metrics/exposition.js';
export { MetricsServer, type MetricsServerOptions } from './metrics/metrics-server.js';
export { ProgramMetrics, type ProgramMetricsOptions } from './metrics/program/program-metrics.js';
export type { Handler } from './metrics/server.js';
export { metricsOf } from './metrics/text.js';
export { Supervisor } from './supervisor/supervisor.js';
export type {
  DealingChanges,
  Degraded,
  DrainResult,
  ReloadOptions,
  SeatStats,
  StartOptions,
  StopSignal,
  SupervisorEvents,
  SupervisorOptions,
  SupervisorStats,
  WorkerInfo,
  WorkerReason,
  WorkerState,
} from './supervisor/types.js';
export type {
  Address,
  DispatcherOptions,
  DispatcherStats,
  ListenerChanges,
  ListenerStats,
  ListenOptions,
  OpenListener,
  PickConnection,
  PickFunction,
  PickSlot,
  Policy,
  PolicyName,
  PolicyOptions,
  RandomOptions,
  SlotGoneInfo,
  SlotOptions,
  SlotSpawnOptions,
  SlotState,
  SlotStats,
  SourceIpOptions,
  SpawnedWith,
  StdioEntry,
  TransportName,
} from './types.js';
