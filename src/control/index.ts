/**
 * `rondo/control`: a socket by which a running Supervisor is asked and changed, and the client of it. What
 * `rondo status` and the other commands use.
 *
 * @module rondo/control
 */

export type {
  ControlAction,
  ControlFigures,
  ControlIdentity,
  ControlStatus,
  LastReload,
  LogRecord,
  OptionsInForce,
} from './answers.js';
export type { ControlActions } from './changes.js';
export { ControlClient, type ControlClientOptions } from './client.js';
export type { Asker } from './peers.js';
export { ControlServer, type ControlServerOptions } from './server.js';
export type {
  AddressSnapshot,
  DealingSnapshot,
  ReloadSnapshot,
  SeatCounters,
  SeatSnapshot,
  Snapshot,
  TimesSnapshot,
  WorkerSnapshot,
} from './types.js';
