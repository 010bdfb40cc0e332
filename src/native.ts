/** The only importer of the addon, and the one place where its surface is declared. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

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
} as const;

/** The numbers of GoneReason in native/engine/events.h. */
export const GoneReason = {
  exited: 0,
  closed: 1,
  badFrame: 2,
  badBoard: 3,
  badVersion: 4,
  channel: 5,
} as const;

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

export type EngineOptions = [
  policy: string,
  window: number,
  quickWindow: number,
  takeBackMs: number,
];

export interface NativeEngine {
  start(onEvents: (events: EngineEvent[]) => void): number;
  /** From now on instead of what the constructor was given. */
  configure(...options: EngineOptions): void;
  listenTcp(id: number, ip: string, port: number, ipv6Only: boolean, backlog: number): ListenResult;
  listenAny(id: number, port: number, ipv6Only: boolean, backlog: number): ListenResult;
  listenUnix(id: number, path: string, mode: number, backlog: number): ListenResult;
  /** Takes ownership of the fd, also when it fails. */
  adopt(id: number, fd: number, backlog: number): ListenResult;
  removeListener(id: number): void;
  /** The worker's end of a new channel, which stays the engine's; or -errno. */
  openSlot(id: number, generation: number): number;
  watchProcess(id: number, generation: number, pid: number): number;
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
    acceptErrors: ErrorCounts;
  };
  slotStats(id: number): {
    handed: number;
    pending: number;
    active: number;
    refused: number;
    reclaimed: number;
    unfinished: number;
    lost: number;
    /** Milliseconds since the worker's loop last showed that it turns; -1 if it shows nothing. */
    heartbeatAgeMs: number;
    handoffErrors: ErrorCounts;
  };
  engineStats(): { accepted: number; waiting: number; starvedNs: number };
}

export interface NativeReceiverOwner {
  /** The batch holds `count` connections; see FIELDS_PER_CONNECTION. */
  onConnections(count: number): void;
  onWelcome(version: number, slot: number): void;
  onState(text: string): void;
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
  release(): void;
  /**
   * From now on shows on the board, every so many milliseconds, that this thread's loop turns: from
   * the primary's welcome on, if that is still to come. 0 stops it. Does not keep the loop running.
   */
  beat(intervalMs: number): void;
  ref(): void;
  unref(): void;
}

/** `family` is 4, 6, or 1 for a Unix socket, whose path `host` then is; '' if it has none. */
export interface SocketName {
  family: number;
  host: string;
  port: number;
  isListening: boolean;
}

export interface Native {
  protocolVersion: number;
  largestBatch: number;
  Engine: new (...options: EngineOptions) => NativeEngine;
  Receiver: new (fd: number, owner: NativeReceiverOwner, batch: Int32Array) => NativeReceiver;
  pick(policy: string, candidates: Array<[number, number, number]>, last: number): number;
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
  /**
   * Has the kernel send `signal` to this process when the thread that started it ends; 0 for none
   * any more. 0 or -errno; -ENOSYS anywhere but on Linux. Nothing comes of a parent that was gone
   * before the call: compare `process.ppid` after it.
   */
  dieWithParent(signal: number): number;
  /**
   * Sends one datagram to a Unix socket, as systemd's NOTIFY_SOCKET names it: an absolute path, or
   * an abstract name behind a '@' or NUL. Never waits. 0 or -errno; -EAFNOSUPPORT for what is
   * neither.
   */
  notify(path: string, text: string): number;
  /**
   * Waits for a child that libuv has not started, without blocking: its pid if it has ended and is
   * reaped now, 0 if it is alive, or -errno (-ECHILD if it is no child).
   */
  reap(pid: number): number;
  /** Where a socket is bound, and whether it listens; or -errno. The fd is left alone. */
  socketName(fd: number): SocketName | number;
}

/** In a batch's Int32Array, per connection: fd, listener id, 1 if no other worker would take it. */
export const FIELDS_PER_CONNECTION = 3;

let loaded: Native | Error | undefined;

/** The addon, or why it cannot be had. Tried once per thread. */
export function loadNative(): Native | Error {
  loaded ??= tryToLoad();
  return loaded;
}

function tryToLoad(): Native | Error {
  const require = createRequire(import.meta.url);
  try {
    // dist/native.js is one level below the package's root.
    const root = fileURLToPath(new URL('..', import.meta.url));
    return (require('node-gyp-build') as (directory: string) => Native)(root);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
