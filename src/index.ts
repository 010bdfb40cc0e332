/**
 * rondo deals the connections of one listening socket to worker processes. This is the primary's
 * side: the Dispatcher hands connections over, the Supervisor keeps workers alive. A worker imports
 * `rondo/worker`, and the raw passing of file descriptors is `rondo/fd`. To look at a Supervisor and to change it there are
 * `rondo/control` and `rondo/metrics`.
 *
 * @module rondo
 */

export {
  defineConfig,
  type ProgramConfig,
  type ProgramsConfig,
  type RondoConfig,
  type RondoConfigExport,
} from './cli/define-config.js';
export { Dispatcher, type DispatcherEvents } from './dispatcher/dispatcher.js';
export type { Listener } from './dispatcher/listener.js';
export type { Slot } from './dispatcher/slot.js';
export { RondoError, type RondoErrorCode, type RondoErrorDetails } from './errors.js';
export { Supervisor } from './supervisor/supervisor.js';
export type {
  Awaited,
  DealingChanges,
  Degraded,
  DrainResult,
  DrainSeatOptions,
  EnvFile,
  ReloadOptions,
  SeatStats,
  StartOptions,
  StopOptions,
  StopSignal,
  SupervisorEvents,
  SupervisorOptions,
  SupervisorStats,
  UpgradeResult,
  WorkerInfo,
  WorkerReason,
  WorkerState,
} from './supervisor/types.js';
export type {
  ProxyFault,
  ProxyProtocol,
  ProxyProtocolOptions,
  RoutedConnection,
  RouteFunction,
  StickyBy,
  StickyOptions,
} from './types/look.js';
export type {
  Address,
  DispatcherOptions,
  ListenerChanges,
  ListenOptions,
  OpenListener,
  Rebalance,
  SlotOptions,
  SlotSpawnOptions,
  SpawnedWith,
  StdioEntry,
  TransportName,
} from './types/options.js';
export type {
  PickConnection,
  PickFunction,
  PickSlot,
  Policy,
  PolicyName,
  PolicyOptions,
  RandomOptions,
  SourceIpOptions,
} from './types/policy.js';
export type {
  DispatcherStats,
  IdleStats,
  ListenerStats,
  Rebalancing,
  SessionStats,
  SlotGoneInfo,
  SlotState,
  SlotStats,
} from './types/stats.js';
