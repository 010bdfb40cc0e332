/** The addon's engine: accepts, picks and hands off in a thread of the primary. What its numbers mean is in native/engine/. */

import type { IdleStats, SessionStats } from '../types/stats.js';
import type { Figure, SlotFigures, TIME_BOUNDS_S } from './figures.js';

type ErrorCounts = Array<[errno: number, count: number]>;

/** The numbers of native/engine/events.h. */
export const EngineEventType = {
  serving: 0,
  gone: 1,
  takenBack: 2,
  starved: 3,
  flowing: 4,
  acceptError: 5,
  listenerBroken: 6,
  handOffError: 7,
  stopped: 8,
  listenerClosed: 9,
  pick: 10,
  pickTimedOut: 11,
  routeTimedOut: 13,
  headerFault: 20,
  passing: 12,
} as const;

/** The numbers of Question in native/engine/picks.h. */
export const Question = { slot: 0, listener: 1 } as const;

/** The numbers of GoneReason in native/engine/events.h. */
export const GoneReason = {
  exited: 0,
  closed: 1,
  badFrame: 2,
  badBoard: 3,
  badVersion: 4,
  channel: 5,
} as const;

/** By the numbers of HeaderFault in native/engine/look/header_fault.h. */
export const HEADER_FAULTS = [
  'untrusted',
  'missing',
  'malformed',
  'tooLong',
  'timedOut',
  'ended',
  'crowded',
] as const;

export interface EngineEvent {
  type: number;
  id: number;
  generation: number;
  code: number;
  /** errno, positive as in C. */
  error: number;
  count: number;
}

/** `error` is 0 or -errno; `family` 4, 6, or 1 for a Unix socket, whose path `host` then is. */
export interface ListenResult {
  error: number;
  ip?: string;
  family: number;
  port: number;
  host: string;
}

/** Of a dispatcher. Limits are 0 for none. */
export interface EngineOptions {
  window: number;
  quickWindow: number;
  takeBackMs: number;
  maxConnections: number;
  pickTimeoutMs: number;
}

/** Of one listener. Numbers that a policy does not use are 0. */
export interface EngineListenerOptions {
  /** One of the names, or 'function'. */
  policy: string;
  /** Of 'random'. */
  seed: number;
  /** Of 'source-ip': 0, or the largest share of a slot in thousandths of the mean. */
  boundPermille: number;
  waitMs: number;
  ipv6Prefix: number;
  maxConnections: number;
  /** Turn away what no worker has room for because of a limit. */
  resets: boolean;
  maxQueueMs: number;
  /** The most connections between two requests that are held; others are dealt at once. */
  maxIdle: number;
  /** Networks, as 'proxyProtocol' has them; null: no connection begins with a PROXY header. */
  proxyFrom: string[] | null;
  /** In which what is looked at has to come. */
  lookTimeoutMs: number;
  /** Without it there are no sessions. Cannot change. */
  sticky?: {
    /** By which they are known, such as `query:sid`. */
    keys: readonly string[];
    maxSessions: number;
    idleMs: number;
    waitMs: number;
  };
  /** Hosts in small letters, with the id of a listener each. Cannot change, as the next. */
  routes?: ReadonlyArray<readonly [host: string, listener: number]>;
  /** With `routes`: for whatever else comes; -1: the listener itself. */
  defaultRoute?: number;
  /** The program names the listener of each connection, one of these: it is asked by `takePicks()`. */
  askedRoutes?: readonly number[];
}

/** A connection for another primary. */
export interface PassedConnection {
  fd: number;
  listener: number;
  /** It is closed if nothing arrives for so long; 0: no limit. */
  idleMs: number;
  /** It waits to be served: dealt at once, and not when something arrives. */
  isDue: boolean;
  about: Uint8Array | null;
}

/** A connection that waits for answerPicks(). `family` is 4, 6, or 1 for a Unix socket. */
export interface PickRequest {
  ticket: number;
  /** See {@link Question}. */
  question: number;
  listener: number;
  family: number;
  address: string;
  port: number;
  /** For a question after its listener: what was seen of it; '' for no host. */
  host: string;
  isTls: boolean;
}

export interface NativeEngine {
  start(onEvents: (events: EngineEvent[]) => void): number;
  /** From now on instead of what the constructor was given. */
  configure(options: EngineOptions): void;
  /** For a listener that is open, or is about to be: called before listenTcp() and the others. */
  configureListener(id: number, options: EngineListenerOptions): void;
  /** `maxConnections` 0: none. For this slot and its later generations. */
  configureSlot(slot: number, weight: number, maxConnections: number): void;
  /** What has come since the last call, after an event `pick`. */
  takePicks(): PickRequest[];
  /** A slot's or a listener's number per ticket, or -1 for the default. Tickets that are unknown or late are ignored. */
  answerPicks(tickets: number[], picked: number[]): void;
  listenTcp(id: number, ip: string, port: number, ipv6Only: boolean, backlog: number): ListenResult;
  listenAny(id: number, port: number, ipv6Only: boolean, backlog: number): ListenResult;
  /**
   * `file` is the path in full, by which it is found whatever the working directory is by then. `mode` -1:
   * what the umask gives; `addedMode` is added to either.
   */
  listenUnix(
    id: number,
    path: string,
    file: string,
    mode: number,
    addedMode: number,
    backlog: number,
  ): ListenResult;
  /** 1: the file was not the listener's any more, and a new socket is bound to `path`. 0, or -errno. */
  renewUnix(id: number, path: string): number;
  /** Without a socket. */
  listenVirtual(id: number): void;
  /** Takes ownership of the fd, also when it fails. */
  adopt(id: number, fd: number, backlog: number): ListenResult;
  removeListener(id: number): void;
  /** Of one that is open; also while all are paused. */
  pauseListener(id: number): void;
  resumeListener(id: number): void;
  /** Another fd of its socket, which is the caller's; or -errno. Waits for the engine, which never waits. */
  dupListener(id: number): number;
  /** Goes on with that socket; what has come to the former one is dealt. Takes ownership of the fd. */
  replaceListener(id: number, fd: number): void;
  unixFile(id: number): UnixFile | undefined;
  /** It is removed with the listener, an adopted one, from now on, and bound anew if it is gone. */
  takeUnixFile(id: number, file: UnixFile): void;
  /** It is neither removed nor bound anew any more. */
  leaveUnixFile(id: number): void;
  /**
   * Another primary is about to have the listeners. Once they are removed, what workers give back, and what nobody
   * serves any more, is kept for it; an event `passing` says that there is something. No way back.
   */
  beginHandOver(): void;
  /** Up to so many of these. The fds are the caller's, for `endIdle()`. Waits for the engine, as `dupListener()`. */
  takeIdle(most: number): PassedConnection[];
  /** Closes the fd of one, which was passed on or is lost. -1: one of another primary's that never came. */
  endIdle(fd: number, isPassed: boolean): void;
  /** From another primary, for the listener of that id here. Takes ownership of the fd. */
  giveIdle(
    listener: number,
    fd: number,
    idleMs: number,
    isDue: boolean,
    about: Uint8Array | null,
  ): void;
  /** The worker's end of a new channel, which stays the engine's; or -errno. */
  openSlot(id: number, generation: number): number;
  watchProcess(id: number, generation: number, pid: number): number;
  /**
   * Its process is handed nothing more, and what it has not received goes to others. It may still give back what it
   * has.
   */
  drainSlot(id: number, generation: number): void;
  removeSlot(id: number, generation: number, isExited: boolean): void;
  setState(text: string): void;
  pause(): void;
  resume(): void;
  stop(): void;
  ref(): void;
  unref(): void;
  listenerStats(id: number): {
    accepted: number;
    redealt: number;
    closed: number;
    /** Turned away: a limit was reached with `resets`, or `maxQueueMs` was over. */
    turnedAway: number;
    routedOn: number;
    routedHere: number;
    sessions: SessionStats;
    /** Counts by {@link HEADER_FAULTS}. */
    headerFaults: number[];
    acceptErrors: ErrorCounts;
  };
  /** Fills in what {@link Figure} names: over all processes of the slot, and of the last one what is no sum. */
  slotFigures(id: number, out: SlotFigures): void;
  handOffErrors(id: number): ErrorCounts;
  /** Of one process, also when its slot is another's by now, until `endProcess()`; then zeroes. */
  processFigures(id: number, generation: number, out: SlotFigures): void;
  processHandOffErrors(id: number, generation: number): ErrorCounts;
  /** It has been waited for: its pid may be another's. */
  noteExit(id: number, generation: number): void;
  /**
   * The process is gone, also for the engine: what it had open counts as unfinished, and what it has counted
   * belongs to its slot alone from here on.
   */
  endProcess(id: number, generation: number): void;
  engineStats(): {
    accepted: number;
    waiting: number;
    looking: number;
    starvedNs: number;
    wakeUps: number;
  };
  /** Of connections that workers have given back between two requests; see {@link IdleStats}. */
  idleStats(): IdleStats;
  /** Asks the worker to give back so many idle connections: `onRelieve()` there. It may not be heard. */
  relieve(slot: number, generation: number, count: number): void;
  /**
   * How long connections waited in the primary, over all workers: fills in the counts of {@link TIME_BOUNDS_S} and
   * one more, then the sum in microseconds.
   */
  queueTimes(out: Float64Array): void;
}

/** Of a Unix listener; `mode` and `addedMode` as in listenUnix(), numbers of the file system as text. */
export interface UnixFile {
  file: string;
  device: string;
  inode: string;
  mode: number;
  addedMode: number;
  backlog: number;
}

/** What a policy sees, for the test vectors. Lists are in order of slot numbers. */
export interface PickVector {
  slots: Array<{
    slot: number;
    /** Connections dealt; what 'round-robin' and 'weighted' compare. */
    count: number;
    /** Pending and open together. */
    open: number;
    weight: number;
    loopDelayUs: number;
  }>;
  /** The numbers of the slots that can take the connection now. */
  eligible: number[];
  /** The slot picked before, or -1. */
  last: number;
  /** How many picks the policy has done before: what 'two-choices' and 'random' go on from. */
  picks: number;
  /** The peer's address, or '' if it has none. */
  address: string;
  /** Of 'source-ip': the connection can wait for a slot that is not eligible. */
  mayWait: boolean;
}
