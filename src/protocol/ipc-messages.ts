/**
 * The messages of the ipc transport, in both directions. A `cmd` that begins with `NODE_` makes
 * Node emit them as `'internalMessage'`, on the ChildProcess and on `process`, so that the
 * program's own `'message'` listeners never see them.
 */

import { MOST_LISTENERS } from './protocol.js';

export type ToWorker =
  /** Say hello. For a worker that said it before its process was assigned to the slot. */
  | { cmd: 'NODE_RONDO_CALL' }
  | { cmd: 'NODE_RONDO_STATE'; version: number; state: string }
  /** Comes with the connection's handle. */
  | { cmd: 'NODE_RONDO_CONNECTION'; id: number; listener: number; isFinal: boolean }
  /** No connection will follow. */
  | { cmd: 'NODE_RONDO_END' };

/** So many more connections of each listener are over than were told of before. */
export type EndedCounts = Array<[listener: number, count: number]>;

export type ToPrimary =
  | { cmd: 'NODE_RONDO_HELLO'; version: number }
  | { cmd: 'NODE_RONDO_SERVING'; listeners: number[] }
  /** The connection is the worker's now, and the primary's copy of the handle to be closed. */
  | { cmd: 'NODE_RONDO_RECEIVED'; id: number; ended?: EndedCounts }
  /** The worker has closed its copy of the handle; the primary's is the only one again. */
  | { cmd: 'NODE_RONDO_REFUSED'; id: number }
  /** The message came without the handle, for which the worker's process had no fd left. */
  | { cmd: 'NODE_RONDO_MISSED'; id: number }
  | { cmd: 'NODE_RONDO_ENDED'; ended: EndedCounts };

/** What Node emits, before the conversion of the handle, when a message with a handle came. */
export interface NodeHandleMessage {
  cmd: 'NODE_HANDLE';
  msg: unknown;
}

const PREFIX = 'NODE_RONDO_';

/** The message if it is rondo's, not knowing more of it than its `cmd`. */
export function asRondoMessage(message: unknown): { cmd: string } | null {
  const { cmd } = (message ?? {}) as { cmd?: unknown };
  return typeof cmd === 'string' && cmd.startsWith(PREFIX) ? (message as { cmd: string }) : null;
}

/** Checks each field: a worker may send anything. */
export function isToPrimary(message: { cmd: string }): message is ToPrimary {
  const { version, listeners, id, ended } = message as unknown as Record<string, unknown>;
  switch (message.cmd as ToPrimary['cmd']) {
    case 'NODE_RONDO_HELLO':
      return isCount(version);
    case 'NODE_RONDO_SERVING':
      return (
        Array.isArray(listeners) &&
        listeners.length <= MOST_LISTENERS &&
        listeners.every(isListener)
      );
    case 'NODE_RONDO_RECEIVED':
      return isCount(id) && (ended === undefined || areEnded(ended));
    case 'NODE_RONDO_REFUSED':
    case 'NODE_RONDO_MISSED':
      return isCount(id);
    case 'NODE_RONDO_ENDED':
      return areEnded(ended);
    default:
      return false;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isListener(value: unknown): boolean {
  return isCount(value) && value < MOST_LISTENERS;
}

function areEnded(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= MOST_LISTENERS &&
    value.every((one) => Array.isArray(one) && isListener(one[0]) && isCount(one[1]))
  );
}
