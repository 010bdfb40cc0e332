/** What the control socket, the metrics and the page tell of a running Supervisor. No code. */

import type { SeatStats, SupervisorStats, WorkerInfo } from '../supervisor/types.js';
import type { ListenerStats, PolicyName, TransportName } from '../types.js';

/** Everything that is known at a moment, read without asking a worker. */
export interface Snapshot {
  /** Milliseconds since 1970. */
  time: number;
  pid: number;
  /** Milliseconds since the primary began. */
  uptimeMs: number;
  /** The versions of rondo and of Node that the primary runs. */
  versions: { rondo: string; node: string };
  state: SupervisorStats['state'];
  isDegraded: boolean;
  /** How many workers there are to be, and how many seats have a ready one. */
  workers: number;
  ready: number;
  agent: SupervisorStats['agent'];
  seats: SeatSnapshot[];
  listeners: ListenerStats[];
  /** Null with Node's own scheduling. */
  dealing: DealingSnapshot | null;
}

/** Of the dispatcher as a whole. */
export interface DealingSnapshot {
  transport: TransportName;
  policy: PolicyName | 'function';
  window: number | 'auto';
  maxOpenConnections: number | null;
  accepted: number;
  waiting: number;
  starvedMs: number;
  wakeUps: number;
}

/** One seat; counters are over all of its workers. */
export interface SeatSnapshot {
  seat: number;
  state: SeatStats['state'];
  /** See `supervisor.configureSeat()`. */
  weight: number;
  maxConnections: number | null;
  failures: number;
  /** Those that are alive, in the order of their starts. */
  workers: WorkerSnapshot[];
  counters: SeatCounters;
  /** At the moment, over the workers that are alive. */
  open: number;
  pending: number;
}

/** Counted since the Supervisor was started. They never fall. */
export interface SeatCounters {
  handed: number;
  received: number;
  ended: number;
  refused: number;
  reclaimed: number;
  unfinished: number;
  lost: number;
}

/** A worker that is alive. What it shows of itself is null where nothing is known of it. */
export interface WorkerSnapshot extends WorkerInfo {
  open: number;
  pending: number;
  heartbeatAgeMs: number | null;
  loopDelayMs: number | null;
  utilisation: number | null;
  memoryBytes: number | null;
}
