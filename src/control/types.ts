/** What the control socket, the metrics and the page tell of a running Supervisor. No code. */

import type { SeatStats, SupervisorStats, WorkerInfo, WorkerReason } from '../supervisor/types.js';
import type { TransportName } from '../types/options.js';
import type { PolicyName } from '../types/policy.js';
import type { IdleStats, ListenerStats, Rebalancing, SessionStats } from '../types/stats.js';

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
  /** Those that are no more, since there are to be fewer workers; what was counted of them stays. */
  pastSeats: SeatSnapshot[];
  listeners: ListenerStats[];
  /** By address, also of listeners that are closed: they never fall. */
  addresses: AddressSnapshot[];
  reloads: ReloadSnapshot;
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
  /** Accepted, and the first bytes are still to come. */
  looking: number;
  starvedMs: number;
  wakeUps: number;
  /** Connections that workers gave back between two requests. */
  idle: IdleStats;
  /** Whether connections move after each request at the moment, or why not. */
  rebalancing: Rebalancing;
  /** Over all addresses that there have been. */
  redealt: number;
  closed: number;
  turnedAway: number;
  /** Closed for their PROXY header, by what was wrong. */
  proxyFaults: Record<string, number>;
  acceptErrors: Record<string, number>;
  /** How long connections waited in the primary before they were handed off. */
  queueTimes: TimesSnapshot;
}

/** What has been counted at one address, over all listeners that there have been. */
export interface AddressSnapshot {
  /** As text: `127.0.0.1:8000`, `[::1]:8000`, or a path. `other` stands for some that closed long ago. */
  address: string;
  accepted: number;
  redealt: number;
  closed: number;
  turnedAway: number;
  /** Came here and went on to another listener, by its `route`; and came to another one and from there here. */
  routedOn: number;
  routedHere: number;
  sessions: SessionStats;
  proxyFaults: Record<string, number>;
  acceptErrors: Record<string, number>;
}

/** Of the reloads that there have been. One that a stop cut off is begun, and neither done nor failed. */
export interface ReloadSnapshot {
  begun: number;
  done: number;
  failed: number;
  /** How long the last one took that is over; null before. */
  lastMs: number | null;
}

/** How long something took. */
export interface TimesSnapshot {
  /** How often, for each of `bounds` (the longest time of it, in seconds) and one more, for what took longer. */
  counts: number[];
  bounds: readonly number[];
  /** Of all times, in seconds. */
  sumS: number;
}

/** One seat; counters are over all of its workers. */
export interface SeatSnapshot {
  seat: number;
  state: SeatStats['state'];
  /** See `supervisor.configureSeat()`. */
  weight: number;
  maxConnections: number | null;
  failures: number;
  /** Processes that were started here, and how many of them after the first. */
  starts: number;
  restarts: number;
  /** Processes that have ended, by why. */
  exits: Partial<Record<WorkerReason, number>>;
  /** User and system time of all processes, in seconds; of those that have ended, as it was seen last. */
  cpuS: number;
  /** Those that are alive, in the order of their starts. */
  workers: WorkerSnapshot[];
  counters: SeatCounters;
  /** Errors of handing off, by code. */
  handoffErrors: Record<string, number>;
  /** From a connection's accepting until the worker's program has it. */
  handoffTimes: TimesSnapshot;
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
  /** Given back between two requests. */
  released: number;
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
  /** User and system time, in seconds. */
  cpuS: number | null;
}
