/**
 * What the Dispatcher asks of a transport: to listen, to keep a channel per slot, to deal. Two
 * implementations: native/transport.ts and ipc/transport.ts. A slot is named by its number and its
 * generation, which counts its processes, so that late news of a former one does no harm.
 */

import type { ChildProcess } from 'node:child_process';
import type { PassedConnection, UnixFile } from '../native/engine.js';
import type { ProxyFault } from '../types/look.js';
import type { Address, SlotOptions, TransportName } from '../types/options.js';
import type { PickSlot } from '../types/policy.js';
import type { IdleStats, SessionStats } from '../types/stats.js';
import type { ValidPolicy } from './policies/index.js';
import type { ValidProxyProtocol } from './proxy-protocol.js';
import type { RouteTable } from './route.js';
import type { ValidSticky } from './sticky.js';
import type { Tally } from './tally.js';

/** A Unix socket, with the permission bits of its file. */
export interface PathPlace {
  kind: 'path';
  path: string;
  mode: number | null;
  readableAll: boolean;
  writableAll: boolean;
}

/** Where to listen, validated, with any host name resolved. */
export type ListenTarget =
  | { kind: 'tcp'; ip: string | null; port: number; ipv6Only: boolean; backlog: number }
  | (PathPlace & { backlog: number })
  /** `address`: of another process's, known before: nothing is accepted before a worker serves it. */
  | { kind: 'fd'; fd: number; backlog: number; address?: Address }
  /** On native only. */
  | { kind: 'virtual'; name: string; backlog: number };

/** A listener's socket, for another process, and the file that it has. */
export interface LentSocket {
  fd: number;
  file: UnixFile | null;
  /** Called when the other process has been started. */
  close(): void;
}

/** Limits are null for none. */
export interface TransportOptions {
  window: number | 'auto';
  takeBackMs: number;
  maxConnections: number | null;
  pickTimeoutMs: number;
}

/** How the connections of one listener are dealt. Limits are null for none. */
export interface DealingOptions {
  /** How long first bytes are waited for, where they are looked at; on native only, as is `sticky`. */
  lookTimeoutMs: number;
  sticky: ValidSticky | null;
  /** Which listener a connection is for. */
  routeTable: RouteTable | null;
  /** Whoever routes to it has read the PROXY header. */
  isVirtual: boolean;
  policy: ValidPolicy;
  maxConnections: number | null;
  overload: 'queue' | 'reset';
  maxQueueMs: number | null;
  maxIdle: number;
  proxyProtocol: ValidProxyProtocol | null;
}

/** Who is at the other end of a connection. */
export interface Peer {
  address: string | null;
  port: number;
  family: 'IPv4' | 'IPv6' | null;
}

/** A connection whose listener is asked for. */
export interface Routed extends Peer {
  host: string | null;
  encrypted: boolean;
}

export interface TransportEvents {
  /** The slot's worker serves so many listeners from now on. */
  onServing(slot: number, generation: number, listeners: number): void;
  /** Its worker broke the protocol: nothing more is handed to it. `onGone` still follows. */
  onRetired(slot: number, generation: number, error: Error): void;
  /** removeSlot() is done: what the worker had not received has been taken back. */
  onGone(slot: number, generation: number, reclaimed: number): void;
  onTakenBack(slot: number, generation: number, count: number): void;
  /** Connections wait and for a while none could be handed off; then, that it goes on. */
  onStarved(): void;
  onFlowing(): void;
  /** So many connections were closed for their PROXY header, the last one for that; at most once a second and listener. */
  onProxyFault(listener: number, fault: ProxyFault, count: number): void;
  /** An error of accept(2) that passes; at most one a second and listener is told. */
  onAcceptError(listener: number, error: Error): void;
  onHandOffError(slot: number, error: Error): void;
  /** The listening socket itself became unusable and is closed. */
  onListenerBroken(listener: number, error: Error): void;
  /** The file of a Unix listener was gone, and is there again. */
  onRenewed(listener: number): void;
  /** It is gone and could not be bound anew, which is tried again; once for each change of the error. */
  onRenewError(listener: number, error: Error): void;
  /** Asks a policy that is a function: a slot's number for each connection, or -1. Never throws. */
  onPick(listener: number, peers: readonly Peer[], slots: readonly PickSlot[]): number[];
  /** It had no answer in time for so many connections. */
  onPickTimedOut(listener: number, count: number): void;
  /** Asks a `route` that is a function: a listener's number for each connection, or -1. Never throws. */
  onRoute(listener: number, connections: readonly Routed[]): number[];
  onRouteTimedOut(listener: number, count: number): void;
}

/** For spawn() or fork(): what gives the child its end of the channel. */
export interface SlotChannel {
  stdio: Array<'inherit' | 'ipc' | number>;
  env: Record<string, string>;
}

export interface ListenerCounts {
  accepted: number;
  redealt: number;
  closed: number;
  turnedAway: number;
  routedOn: number;
  routedHere: number;
  sessions: SessionStats;
  proxyFaults: Partial<Record<ProxyFault, number>>;
  acceptErrors: Record<string, number>;
  renewErrors: Record<string, number>;
}

/** What a worker shows of its event loop; null where it shows nothing. */
export interface LoopFigures {
  heartbeatAgeMs: number | null;
  loopDelayMs: number | null;
  utilisation: number | null;
  memoryBytes: number | null;
}

export interface SlotCounts extends LoopFigures {
  handed: number;
  received: number;
  pending: number;
  open: number;
  ended: number;
  refused: number;
  released: number;
  reclaimed: number;
  unfinished: number;
  lost: number;
  handoffErrors: Record<string, number>;
}

export interface SlotLoad {
  /** Connections that the worker has. */
  open: number;
  /** The share of the time in which its loop did not wait; null: it has done nothing yet. */
  utilisation: number | null;
  /** Whether its requests keep the loop for long; null: nothing is known of any. */
  isSlow: boolean | null;
}

export interface TransportCounts {
  accepted: number;
  waiting: number;
  looking: number;
  starvedMs: number;
  wakeUps: number;
  idle: IdleStats;
}

/** Connections between two primaries, of which one takes the other's place. */
export interface Passing {
  /**
   * In the old one, before it leaves its listeners: what nobody here serves any more is kept for the new one. `onMore`
   * is called when there is something.
   */
  begin(onMore: () => void): void;
  /** Up to so many. Each is the caller's until `end()`. */
  take(most: number): PassedConnection[];
  /** Closes what the caller has of it, and counts it. -1: of one that never came. */
  end(fd: number, isPassed: boolean): void;
  /** In the new one. Takes ownership of the fd; `listener` is one of its own. */
  give(connection: PassedConnection): void;
}

export interface Transport {
  readonly name: TransportName;
  /** Null where connections do not move: with ipc. */
  readonly passing: Passing | null;
  /** From now on; what is on its way already stays there. */
  configure(options: TransportOptions): void;
  /** Rejects with the error net.Server would emit. */
  listen(id: number, target: ListenTarget, options: DealingOptions): Promise<Address>;
  configureListener(id: number, options: DealingOptions): void;
  /** Binds paths anew that have been unlinked; on native only, where it also happens by itself. */
  renewPaths(): void;
  /** The address is free when this returns, or with ipc in the next turn of the loop at the latest. */
  closeListener(id: number): Promise<void>;
  /** Throws a system error. */
  lend(id: number): LentSocket;
  /** As closeListener(), for a socket that another process has: its file stays. */
  leaveListener(id: number): Promise<void>;
  /** The file is this listener's, a lent one's, from now on: removed with it. */
  takeFile(id: number, file: UnixFile): void;
  /** Goes on with that socket, to which the file leads now. Takes ownership of the fd; on native only. */
  replaceSocket(id: number, fd: number): void;
  /** Of this number's present and later generations. */
  configureSlot(slot: number, options: Required<SlotOptions>): void;
  /** Opens the channel of a new generation. Throws a system error. */
  openSlot(slot: number, generation: number): SlotChannel;
  /**
   * Called once per generation, with a process that was started with its SlotChannel. Returns what is counted
   * of it.
   */
  assign(slot: number, generation: number, child: ChildProcess): Tally;
  /**
   * The process is handed nothing more, and what it has not received goes to others; it serves what it has, and may
   * give that back. Answered by `onServing` with no listeners. On native only.
   */
  drainSlot(slot: number, generation: number): void;
  /** The process is gone (`isExited`), or the program is done with it. Answered by `onGone`. */
  removeSlot(slot: number, generation: number, isExited: boolean): void;
  /** Asks the worker to give so many of its connections back, as they become idle. On native only. */
  relieve(slot: number, generation: number, count: number): void;
  /** What every worker is told, from now on and after each change. */
  setState(text: string): void;
  pause(): void;
  resume(): void;
  /** One listener, which is open; also while all are paused. */
  pauseListener(id: number): void;
  resumeListener(id: number): void;
  /** Resolves when nothing of the transport is left: no thread, no fd. */
  close(): Promise<void>;
  listenerCounts(id: number): ListenerCounts;
  slotCounts(slot: number): SlotCounts;
  /** What decides whether connections move. */
  loadOf(slot: number): SlotLoad;
  counts(): TransportCounts;
  /** How long connections waited in the primary; see `NativeEngine.queueTimes()`. To be read before the next call. */
  queueTimes(): Float64Array;
  /** Whether it keeps the process running. */
  ref(): void;
  unref(): void;
}
