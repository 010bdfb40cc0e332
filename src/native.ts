/** The only importer of the addon, and the one place where its surface is declared. */

import { loadAddon } from './native-addon.js';
import type { IdleStats, SessionStats } from './types.js';

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

type ErrorCounts = Array<[errno: number, count: number]>;

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

/**
 * Where in what slotFigures() says of a slot each number is; -1 for what is not known.
 * `heartbeatAgeMs`: since the worker's loop last showed that it turns. `hasHandOffErrors`: 1 if
 * handOffErrors() has any.
 */
export const Figure = {
  handed: 0,
  pending: 1,
  open: 2,
  ended: 3,
  refused: 4,
  reclaimed: 5,
  unfinished: 6,
  lost: 7,
  heartbeatAgeMs: 8,
  loopDelayUs: 9,
  busyPermille: 10,
  memoryKb: 11,
  hasHandOffErrors: 12,
  received: 13,
  /** Of all threads of the process, in nanoseconds. */
  cpuNs: 14,
  /** Connections given back between two requests. */
  released: 15,
  /** 1: its requests keep the loop for long; 0: they do not. */
  isSlow: 16,
  /** The counts of {@link TIME_BOUNDS_S} and one more, then the sum in microseconds. */
  handoffTimes: 17,
} as const;

/** The buckets of native/channel/buckets.h: the longest time of each, in seconds. */
export const TIME_BOUNDS_S = [
  0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
  0.5, 1, 2.5, 5, 10,
] as const;

/** How many numbers a histogram of times has. */
export const TIMES = TIME_BOUNDS_S.length + 2;

/** What is written to `pace()`; 0 until something is known. */
export const PACE = { quick: 1, slow: 2 } as const;

/** How many numbers slotFigures() fills in. */
export const FIGURES = Figure.handoffTimes + TIMES;

/** As a tuple, for the figures are all there. */
export type SlotFigures = Float64Array & Record<(typeof Figure)[keyof typeof Figure], number>;

export interface NativeReceiverOwner {
  /** The batch holds `count` connections; see FIELDS_PER_CONNECTION. */
  onConnections(count: number): void;
  onWelcome(version: number, slot: number): void;
  onState(text: string): void;
  /** The primary asks for so many idle connections. */
  onRelieve(count: number): void;
  /** `error` is 0 or -errno. */
  onEnd(error: number): void;
}

export interface NativeReceiver {
  open(): number;
  close(): void;
  setServing(listeners: number[]): void;
  /**
   * Gives a connection of the present batch back. Only within onConnections. With `mayReturn` it may
   * be dealt to this worker again. False if the channel has ended: the connection is the caller's.
   */
  refuse(index: number, mayReturn: boolean): boolean;
  /** `kind`: see src/worker/sessions.ts. 0 or -errno. Sent at once, unless the channel has no room. */
  claim(kind: number, key: Uint8Array): number;
  unclaim(kind: number, key: Uint8Array): number;
  /**
   * Gives a connection that was received, has been served and is idle to the primary, to be dealt again when
   * something arrives. Takes over `fd`, a duplicate of the socket's; the process closes its own without a
   * shutdown, and does not count it as ended. `idleMs`: it is closed if nothing arrives for so long; 0: no limit.
   * `about`: what came with it. False if there is no primary any more; `fd` is closed. If the channel ends before
   * it is sent, it comes once more by onConnections, as final.
   */
  release(fd: number, listener: number, idleMs: number, about?: Uint8Array): boolean;
  /** Whether something waits for room in the channel, such as what goes back: it would end with the process. */
  hasUnsent(): boolean;
  /** What came with a connection of the present batch. Only within onConnections; see FIELDS_PER_CONNECTION. */
  about(index: number): Buffer | null;
  /**
   * After onWelcome: where this process counts connections that are over, a view of shared memory.
   * [0] is all of them, [1 + listener] those of one; each only ever grows by one, and wraps. Works
   * after close().
   */
  ended(): Uint32Array;
  /**
   * After onWelcome: where this process says how long connections took from their accepting until the program
   * had them: the sum in microseconds, then the counts of {@link TIME_BOUNDS_S} and one more. A view as `ended()`.
   */
  handoffTimes(): Float64Array;
  /** After onWelcome: where this process says whether its requests keep its loop for long. A view as `ended()`. */
  pace(): Uint32Array;
  /**
   * From now on shows on the scoreboard, every so many milliseconds, that this thread's loop turns: from
   * the primary's welcome on, if that is still to come. 0 stops it. Does not keep the loop running.
   */
  beat(intervalMs: number): void;
  ref(): void;
  unref(): void;
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

/** `family` is 4, 6, or 1 for a Unix socket, whose path `host` then is; '' if it has none. */
export interface SocketName {
  family: number;
  host: string;
  port: number;
  isListening: boolean;
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

/** A -errno, or, if the name has other parameters, those. */
export type SharedRefusal = number | number[];

/** Numbers that are no count (an integer within ±(2^53 - 1)) are answered by NaN and change nothing. */
export interface NativeCounter {
  /** The sum; NaN also if that is no count. */
  add(n: number): number;
  get(): number;
  set(value: number): number;
  /** 1 if it was set, 0 if not. */
  compareAndSet(expected: number, value: number): number;
}

interface NativeShare {
  pid: number;
  seat: number | null;
  isAlive: boolean;
}

export interface NativeGauge {
  set(value: number): void;
  add(n: number): void;
  get(): number;
  shares(): Array<NativeShare & { value: number }>;
}

/** Numbers are the sum of all values, then the count of each bucket. */
export interface NativeHistogram {
  observe(value: number): void;
  get(): number[];
  shares(): Array<NativeShare & { numbers: number[] }>;
}

/** What a call on a table answers that got a wrong argument. */
export const SharedMistake = { key: -1, number: -2, value: -3 } as const;

/** Of a table: keys that count, refused, evicted. */
export type NativeTableStats = [entries: number, refused: number, evicted: number];

/** Below 0: a {@link SharedMistake}. */
export interface NativeLimiter {
  /** 1 if it is allowed, 0 if not; how many remain and the milliseconds are in the array that it was opened with. */
  take(key: string, n: number): number;
  giveBack(key: string, n: number): number;
  reset(key: string): number;
  stats(): NativeTableStats;
}

/** A number below 0: a {@link SharedMistake}. */
export interface NativeMap {
  get(key: string): Buffer | undefined | number;
  /** 1 or 0. */
  has(key: string): number;
  /**
   * 1 if it was set, 0 if there is no room, 2 if `expected` was not there: undefined for whatever is
   * there, null for nothing.
   */
  set(key: string, value: Uint8Array, ttlMs: number, expected?: Uint8Array | null): number;
  /** 1 if it is gone now, 0 if there was none, 2 as set(). */
  delete(key: string, expected?: Uint8Array): number;
  keys(): string[];
  stats(): NativeTableStats;
}

/** The region, as this thread has it until it ends. */
export interface NativeShared {
  counter(name: string): NativeCounter | SharedRefusal;
  gauge(name: string): NativeGauge | SharedRefusal;
  histogram(name: string, bounds: Float64Array): NativeHistogram | SharedRefusal;
  /** `algorithm` is its place in native/shared/limits.h; `out` gets two numbers, and must be kept. */
  limiter(
    name: string,
    limit: number,
    windowMs: number,
    algorithm: number,
    entries: number,
    deniesWhenFull: boolean,
    out: Float64Array,
  ): NativeLimiter | SharedRefusal;
  map(
    name: string,
    entries: number,
    keyBytes: number,
    valueBytes: number,
    evictsWhenFull: boolean,
  ): NativeMap | SharedRefusal;
  /** Where all names are, whoever has made them; undefined if they are as many as `known`. */
  names(known: number): number[] | undefined;
  /** What is at one of those places, without a share in it; or -errno. */
  watch(place: number): NativeWatched | number;
}

/** In the order of native/shared/names.h, from 1 on. */
export const SHARED_KINDS = ['counter', 'gauge', 'histogram', 'limiter', 'map'] as const;

/** `kind` is a number: {@link SHARED_KINDS}. The methods are those of that kind. */
export interface NativeWatched {
  kind: number;
  name: string;
  /** Of a counter its value, of a histogram its numbers. */
  get?(): number | number[];
  shares?: NativeGauge['shares'];
  bounds?: number[];
}

/** Of the process at the time of its connect(2) or listen(2). `pid` is 0 if it is not known. */
export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

export interface Native {
  protocolVersion: number;
  largestBatch: number;
  Engine: new (options: EngineOptions) => NativeEngine;
  Receiver: new (fd: number, owner: NativeReceiverOwner, batch: Int32Array) => NativeReceiver;
  /** One pick of the engine's policies, for the test vectors; an index into `slots`, or -1. */
  pick(options: EngineListenerOptions, vector: PickVector): number;
  socketpair(): [number, number] | number;
  sendFds(socket: number, fds: number[], payload: Uint8Array): number;
  receiveFds(
    socket: number,
    max: number,
    buffer: Uint8Array,
  ): number | { bytes: number; fds: number[]; fdsLost: boolean; payloadCut: boolean };
  dupFd(fd: number): number;
  closeFd(fd: number): number;
  /** How many bytes a socket or pipe holds that nobody has read yet, or -errno. */
  pendingBytes(fd: number): number;
  /** Ends a connection for writing unless there are such bytes: their number, 0 if it has ended, or -errno. */
  endIfIdle(fd: number): number;
  /**
   * Has the kernel send `signal` to this process when the thread that started it ends; 0 for none
   * any more. 0 or -errno; -ENOSYS anywhere but on Linux. Nothing comes of a parent that was gone
   * before the call: compare `process.ppid` after it.
   */
  dieWithParent(signal: number): number;
  /**
   * Sends one datagram to a Unix socket, as systemd's NOTIFY_SOCKET names it: an absolute path, or
   * an abstract name behind a '@' or NUL. Never waits. 0 or -errno; -EAFNOSUPPORT for what is
   * neither. `fds`, 16 at most, go with it and stay the caller's.
   */
  notify(path: string, text: string, fds?: number[]): number;
  /**
   * Waits for a child that libuv has not started, without blocking: its pid if it has ended and is
   * reaped now, 0 if it is alive, or -errno (-ECHILD if it is no child).
   */
  reap(pid: number): number;
  /** Where a socket is bound, and whether it listens; or -errno. The fd is left alone. */
  socketName(fd: number): SocketName | number;
  /** Who has connected, or listens, at the other end of a Unix socket; or -errno. The fd is left alone. */
  peerCredentials(fd: number): PeerCredentials | number;
  /**
   * The region that this process has made, for all of its threads: `pid:fd:token`, or -errno. Linux only, as
   * openShared().
   */
  makeShared?(): string | number;
  /** Opens a region: -errno, or its layout's version as a string if that is another. */
  openShared?(pid: number, fd: number, token: string, seat: number): NativeShared | number | string;
}

/**
 * In a batch's Int32Array, per connection: fd, listener id, 1 if no other worker would take it, how many
 * microseconds after its accepting it was received, and 1 if `about()` has anything.
 */
export const FIELDS_PER_CONNECTION = 5;

let loaded: Native | Error | undefined;

/** The addon, or why it cannot be had. Tried once per thread. */
export function loadNative(): Native | Error {
  loaded ??= tryToLoad();
  return loaded;
}

function tryToLoad(): Native | Error {
  try {
    return loadAddon() as Native;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
