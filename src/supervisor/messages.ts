/**
 * What travels between a Supervisor and its workers. A `cmd` that begins with `NODE_` makes Node emit
 * a message as `'internalMessage'`, so that the program's own `'message'` listeners never see it.
 */

import type { DrainCounts, DrainSettings } from '../drain/types.js';

/** What a worker has to know from its start: JSON in this variable, removed when it is read. */
export const SUPERVISED_VARIABLE = 'RONDO_SUPERVISED';

/** The value of {@link SUPERVISED_VARIABLE}. */
export interface WorkerSettings {
  /** Survive an uncaught error for as long as what is in flight takes. */
  guard: boolean;
  /** How often the loop's heartbeat is written; 0: never. */
  heartbeatMs: number;
  /** It is wanted to be known when the program has been loaded. */
  isStartAsked: boolean;
  drain: DrainSettings;
  /** What a service manager says to a process that it gives sockets to (sd_listen_fds(3)); the pid is the worker's. */
  activation: Record<string, string> | null;
  /** Something between Node and the program's files may be gone when the drain begins: its code is loaded before. */
  isDrainLoaded: boolean;
  /** Somebody may send messages to the program; otherwise listening for them keeps nothing running, as without a channel. */
  isSpokenTo: boolean;
}

export type ToWorker =
  /**
   * Begin to drain. When nothing is in flight any more the program's own handlers of `signal` run; where
   * there are none, the process ends.
   */
  | { cmd: 'NODE_SUPERVISE_DRAIN'; drain: DrainSettings; signal: 'SIGTERM' | 'SIGINT' }
  /** The start is over: last words are no longer wanted. */
  | { cmd: 'NODE_SUPERVISE_READY' }
  /** Answer with a status. */
  | { cmd: 'NODE_SUPERVISE_ASK' };

/** Where something listens of which node:cluster does not tell. */
export interface ListeningPlace {
  address: string | null;
  port: number;
  addressType: 4 | 6 | -1 | 'udp4' | 'udp6';
}

/** Of an uncaught error that is a system error. */
export interface SystemErrorFields {
  code?: string | undefined;
  syscall?: string | undefined;
  address?: string | undefined;
  port?: number | undefined;
}

export type ToSupervisor =
  /**
   * An uncaught error. With the guard the worker begins to drain by itself and is to be replaced;
   * without it, it is about to end.
   */
  | { cmd: 'NODE_SUPERVISE_ERROR'; stack: string; isGuarded: boolean; system?: SystemErrorFields }
  /** Something listens by itself. */
  | { cmd: 'NODE_SUPERVISE_LISTENING'; place: ListeningPlace }
  /** The program's main module has been evaluated. */
  | { cmd: 'NODE_SUPERVISE_STARTED' }
  /** What the worker wrote last, sent when it ends before it was ready. */
  | { cmd: 'NODE_SUPERVISE_OUTPUT'; text: string }
  /** It got a signal from somebody else, has begun to drain and is to be replaced. */
  | { cmd: 'NODE_SUPERVISE_SIGNAL'; signal: string }
  /** Nothing is open any more; it is about to end. */
  | { cmd: 'NODE_SUPERVISE_DRAINED'; counts: DrainCounts }
  | { cmd: 'NODE_SUPERVISE_STATUS'; rssBytes: number; connections: number };

const PREFIX = 'NODE_SUPERVISE_';

/** The message if it is one of these, not knowing more of it than its `cmd`. */
export function asSuperviseMessage(message: unknown): { cmd: string } | null {
  const { cmd } = (message ?? {}) as { cmd?: unknown };
  return typeof cmd === 'string' && cmd.startsWith(PREFIX) ? (message as { cmd: string }) : null;
}

/** Checks each field: a worker may send anything. */
export function isToSupervisor(message: { cmd: string }): message is ToSupervisor {
  const fields = message as unknown as Record<string, unknown>;
  switch (message.cmd as ToSupervisor['cmd']) {
    case 'NODE_SUPERVISE_ERROR':
      return (
        typeof fields.stack === 'string' &&
        typeof fields.isGuarded === 'boolean' &&
        (fields.system === undefined || isSystemError(fields.system))
      );
    case 'NODE_SUPERVISE_LISTENING':
      return isPlace(fields.place);
    case 'NODE_SUPERVISE_STARTED':
      return true;
    case 'NODE_SUPERVISE_OUTPUT':
      return typeof fields.text === 'string';
    case 'NODE_SUPERVISE_SIGNAL':
      return typeof fields.signal === 'string';
    case 'NODE_SUPERVISE_DRAINED':
      return isDrainCounts(fields.counts);
    case 'NODE_SUPERVISE_STATUS':
      return isCount(fields.rssBytes) && isCount(fields.connections);
    default:
      return false;
  }
}

function isSystemError(value: unknown): value is SystemErrorFields {
  const { code, syscall, address, port } = (value ?? {}) as Record<string, unknown>;
  const texts = [code, syscall, address];
  return (
    texts.every((text) => text === undefined || typeof text === 'string') &&
    (port === undefined || isCount(port))
  );
}

function isPlace(value: unknown): value is ListeningPlace {
  const { address, port, addressType } = (value ?? {}) as Record<string, unknown>;
  return (
    (address === null || typeof address === 'string') &&
    Number.isInteger(port) &&
    [4, 6, -1, 'udp4', 'udp6'].includes(addressType as number)
  );
}

function isDrainCounts(value: unknown): value is DrainCounts {
  const { open, idle, moved, destroyed, ms } = (value ?? {}) as Record<string, unknown>;
  return [open, idle, moved, destroyed, ms].every(isCount);
}

function isCount(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}
