/** States and figures: types of the public surface. No code. */

import type { ProxyFault } from './look.js';
import type { Address, DispatcherOptions, TransportName } from './options.js';
import type { PolicyName } from './policy.js';

/**
 * What {@link DispatcherOptions.rebalance} comes to at the moment:
 * - `'moving'`: connections move after each request.
 * - `'off'`: not at all. The option is `'off'`, or the transport `'ipc'`.
 * - `'alone'`: fewer than two workers serve.
 * - `'quick'`: with `'auto'`, requests are quick, or there are none, or those that are slow wait for a CPU.
 * - `'full'`: with `'auto'`, requests are slow, and the workers have no room.
 */
export type Rebalancing = 'moving' | 'off' | 'alone' | 'quick' | 'full';

/**
 * A slot's life. It begins `open`: no process. After `assign` it is `starting`, and `ready` as soon
 * as its worker has attached a server; `drained` when it has closed the last one. A worker that
 * breaks the protocol makes it `retired`. When the process is gone it is `open` again.
 */
export type SlotState = 'open' | 'starting' | 'ready' | 'drained' | 'retired' | 'closed';

/** Figures of one listener, counted since it was opened. */
export interface ListenerStats {
  id: number;
  name: string;
  address: Address | null;
  /** The policy in force: its own, or the dispatcher's. */
  policy: PolicyName | 'function';
  /** Whether it accepts nothing, because it or the whole dispatcher is paused. */
  paused: boolean;
  /** Connections accepted. */
  accepted: number;
  /** Connections dealt once more, after a refusal or after they were reclaimed. */
  redealt: number;
  /** Connections closed by the primary because every worker refused them or it was closing. */
  closed: number;
  /** Connections closed with a reset because of `overload: 'reset'` or `maxQueueMs`. */
  turnedAway: number;
  /** Connections that came here and went on to another listener, by the `route`. */
  routedOn: number;
  /** Connections that came to another listener and went on to this one. */
  routedHere: number;
  /** Of the `sticky` one. */
  sessions: SessionStats;
  /** Connections closed for their PROXY header, by what was wrong, for instance `{ missing: 2 }`. */
  proxyFaults: Partial<Record<ProxyFault, number>>;
  /** Errors of accept(2), by code, for instance `{ EMFILE: 3 }`. */
  acceptErrors: Record<string, number>;
  /** Why the file of a path that had been removed could not be bound anew, by code; see `renew:error`. */
  renewErrors: Record<string, number>;
}

/** Sessions that stay with one worker each. All are 0 for a listener that is not `sticky`. */
export interface SessionStats {
  /** Known at the moment. */
  held: number;
  /** Begun: nobody had them. */
  created: number;
  /** Gone on with another worker, because theirs was gone or had no room for `waitMs`. */
  moved: number;
  /** Forgotten for new ones, there being `maxSessions`. */
  evicted: number;
  /** Forgotten, since nobody had used them for `idleMs`. Found when they are shown again, or when new ones come. */
  expired: number;
  /** Ended by their worker: `releaseSession()`. */
  ended: number;
}

/** Figures of one slot over all processes that were assigned to it. */
export interface SlotStats {
  id: number;
  state: SlotState;
  /** The process at the moment, or null. */
  pid: number | null;
  /** Connections handed off to the slot. */
  handed: number;
  /** Connections its workers have received. */
  received: number;
  /** Handed and not yet received. */
  pending: number;
  /** Received and not ended, as the worker says. 0 when its process is gone. */
  open: number;
  /** Received and ended: closed by the client, the server or the program. */
  ended: number;
  /** Connections the worker sent back because it was closing or at `maxConnections`. */
  refused: number;
  /** Connections it gave back between two requests, which may be another worker's since. */
  released: number;
  /** Connections read back from the channel of a worker that died or did not receive. */
  reclaimed: number;
  /** Connections that its workers were serving when they died; those of a closed slot do not count. */
  unfinished: number;
  /** Connections lost because a process ran out of file descriptors in that very instant. */
  lost: number;
  /**
   * Milliseconds since the event loop of the process last showed that it turns, or null: no process,
   * or one that shows nothing. A loop that is busy, and a process that is stopped, make it grow.
   * Always null with the ipc transport.
   */
  heartbeatAgeMs: number | null;
  /**
   * How long a turn of the process's event loop has recently taken, in milliseconds: the longest, forgotten
   * by an eighth each 100 ms. With the ipc transport, how long its answers to connections take. Null: no
   * process, or nothing is known yet.
   */
  loopDelayMs: number | null;
  /**
   * The share of the time in which the process's event loop did not wait, 0 to 1, as
   * `performance.eventLoopUtilization()` counts it. Null as `loopDelayMs`, and with the ipc transport.
   */
  utilisation: number | null;
  /** Resident memory of the process. Null as `utilisation`. */
  memoryBytes: number | null;
  weight: number;
  maxConnections: number | null;
  /** Errors of handing off, by code, for instance `{ ETOOMANYREFS: 1 }`. */
  handoffErrors: Record<string, number>;
}

/** What became of connections that workers gave back between two requests, over all listeners. */
export interface IdleStats {
  /** Held in the primary at the moment. */
  held: number;
  /** Dealt again: something had arrived, or there was no place for them (`maxIdle`). */
  moved: number;
  /** Ended by their clients. */
  ended: number;
  /** Closed, since nothing had arrived for so long as their server lets them be idle. */
  timedOut: number;
  /** Closed with their listener or the dispatcher, or could not be passed on. */
  closed: number;
  /** Of an upgrade: passed on to the process that has the listeners now. */
  passedOn: number;
  /** And that came from the process which had them before, where they are among the accepted ones. */
  takenOver: number;
}

/** A snapshot of what a {@link Dispatcher} has counted. */
export interface DispatcherStats {
  transport: TransportName;
  /** Of listeners that have none of their own. */
  policy: PolicyName | 'function';
  window: number | 'auto';
  maxConnections: number | null;
  /** Connections accepted, over all listeners there have been. */
  accepted: number;
  /** Connections in the primary that wait: to be dealt again, for a policy's answer, or for one worker. */
  waiting: number;
  /** Connections in the primary of which the first bytes are still to come; see `proxyProtocol`. */
  looking: number;
  /** Milliseconds in which connections waited and no worker had room. */
  starvedMs: number;
  /** How often the engine's thread has woken up. 0 with the ipc transport, which has none. */
  wakeUps: number;
  /** Connections that workers gave back between two requests. All 0 with the ipc transport. */
  idle: IdleStats;
  /** Whether connections move after each request at the moment, or why not. */
  rebalancing: Rebalancing;
  listeners: ListenerStats[];
  slots: SlotStats[];
}

/** What `'slot:gone'` tells about the process that is gone. */
export interface SlotGoneInfo {
  pid: number | null;
  /** Exit code, or null if a signal ended the process or it never started. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Connections it had not received and that were dealt to others. */
  reclaimed: number;
  /** Why the process could not be started, if so. */
  error?: Error;
}
