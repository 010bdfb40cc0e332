/** The only importer of addon.ts, and where the surface of the addon is declared; larger parts of it have a file of their own. */

import { loadAddon } from './addon.js';
import type { EngineListenerOptions, EngineOptions, NativeEngine, PickVector } from './engine.js';
import type { NativeReceiver, NativeReceiverOwner } from './receiver.js';
import type { NativeShared } from './shared.js';

/** `family` is 4, 6, or 1 for a Unix socket, whose path `host` then is; '' if it has none. */
export interface SocketName {
  family: number;
  host: string;
  port: number;
  isListening: boolean;
}

/** Of the process at the time of its connect(2) or listen(2). `pid` is 0 if it is not known. */
export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

export interface Native {
  protocolVersion: number;
  Engine: new (options: EngineOptions) => NativeEngine;
  Receiver: new (fd: number, owner: NativeReceiverOwner, fields: Int32Array) => NativeReceiver;
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
  /** The fd is left alone. */
  isUnixSocket(fd: number): boolean;
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

let loaded: Native | Error | undefined;

/** The addon, or why it cannot be loaded. Tried once per thread. */
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
