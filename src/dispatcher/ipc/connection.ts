/** An accepted connection in the primary, until a worker has it. */

import type { Peer } from '../transport.js';
import { clockMs } from './clock.js';
import type { IpcSlot } from './slot.js';

/** libuv's handle of a connection that nothing has been read from: a TCP or a Pipe. */
export interface RawHandle {
  /** -1 on Windows. */
  readonly fd: number;
  close(callback?: () => void): void;
  /** A pipe has none of these. */
  reset?(callback?: () => void): number;
  getpeername?(out: Partial<{ address: string; family: string; port: number }>): number;
}

export interface Connection {
  readonly listener: number;
  readonly handle: RawHandle;
  /** When it came. */
  readonly since: number;
  /** The same, or when a worker sent it back. */
  acceptedAt: number;
  /** Since when it waits to be handed off, and when that is done, for how long it did. */
  queuedAt: number;
  queuedMs: number;
  /** The slots that sent it back. */
  readonly refusedBy: IpcSlot[];
  /** It was handed off before. */
  wasDealt: boolean;
  /** It is in the count of the slot that it was handed to; see turn.ts. */
  isCounted: boolean;
  /** The slot that a function named for it. */
  named: IpcSlot | null;
  /** It has not waited yet for a slot of its own; see parked.ts. */
  mayWait: boolean;
}

export function newConnection(listener: number, handle: RawHandle): Connection {
  const now = clockMs();
  return {
    listener,
    handle,
    since: now,
    acceptedAt: now,
    queuedAt: now,
    queuedMs: 0,
    refusedBy: [],
    wasDealt: false,
    isCounted: false,
    named: null,
    mayWait: true,
  };
}

/** A system call. One that is over has no peer any more, and a Unix socket none at all. */
export function peerOf({ handle }: Connection): Peer {
  const name: Parameters<NonNullable<RawHandle['getpeername']>>[0] = {};
  if (handle.getpeername?.(name) !== 0) return { address: null, port: 0, family: null };
  const { address = null, port = 0, family } = name;
  return { address, port, family: family === 'IPv6' ? 'IPv6' : 'IPv4' };
}

/** Closes it so that the client sees a reset, and not an end of what it was to be told. */
export function reset({ handle }: Connection): void {
  if (handle.reset === undefined || handle.reset() !== 0) handle.close();
}
