/**
 * What an old primary and the new one that it starts say to each other, as lines of JSON on the new one's fd 3.
 *
 *   old ──manifest──▶ new      starts its workers
 *       ◀──hello───── new      has read it
 *       ◀──ready───── new      every worker is well
 *   old ──go────────▶ new      takes what must have one owner: pid file, files of Unix sockets
 *       ◀──taken───── new      from here on there is no way back
 *   old ──left──────▶ new      the old one accepts nothing any more, and drains
 *   old ──idle──────▶ new      connections that nobody there serves any more have been sent by fd 4
 *       ◀──got─────── new      so many of them have come
 *
 * The last two again and again, if `taken` says so, until the old one ends the channel.
 * Before `taken` either end may fail: `failed` says why, `stopping` that the new one ends by itself. The end of the
 * channel before `ready` calls the new one off; after it, it is as `go` and `left`. An old one that serves on says so
 * before it calls the new one off, and has what that has accepted:
 *
 *   old ──serves-on─▶ new      drains
 *       ◀──idle────── new      connections have been sent by fd 4
 */

import type { PassedListener } from '../../cluster/taken-listeners.js';
import type { ListenerSettings } from '../../dispatcher/listener.js';
import type { UnixFile } from '../../native/engine.js';
import type { SlotOptions } from '../../types/options.js';
import type { Changeable } from '../configuration.js';

/** A new primary has to understand those of all that may have started it. */
export const UPGRADE_VERSION = 1;

/** `version:pid` of the old primary, in the environment of the new one, which removes it at once. */
export const UPGRADE_VARIABLE = 'RONDO_UPGRADE';

/** In the new process: the channel, and on which fds for {@link Go} and then connections come. */
export const CHANNEL_FD = 3;
export const LATE_FD = 4;

/** What `configureSeat()` has made of a seat. */
export interface SeatDealing {
  seat: number;
  dealing: Required<SlotOptions>;
}

/** What has to pass beside listeners, by its name. */
export interface PassedPassenger {
  name: string;
  fd: number | null;
  data: unknown;
}

export interface Manifest {
  type: 'manifest';
  version: number;
  pid: number;
  /** The options that the old one's program gave, and what has become of those that were changed since. */
  given: Changeable;
  changed: Changeable;
  listeners: PassedListener[];
  /** Weights and limits of seats. */
  seats: SeatDealing[];
  passengers: PassedPassenger[];
}

/** A socket file that was bound anew since the manifest; `index` is the listener's in it. */
export interface Renewed {
  index: number;
  file: UnixFile;
}

/** A listener that was configured, paused or resumed since the manifest; `index` is its place in it. */
export interface Reconfigured {
  index: number;
  settings: ListenerSettings;
}

export interface Go {
  type: 'go';
  /** How connections are dealt, if it was changed since the manifest. */
  changed: Changeable;
  /** What had been changed by the manifest, and is by now what the program gives. Left out by an older rondo, as the next two. */
  reset?: string[];
  reconfigured?: Reconfigured[];
  /** Weights and limits of seats. */
  seats?: SeatDealing[];
  /** Their sockets come by {@link LATE_FD}, one message each, in this order. */
  renewed: Renewed[];
}

/** Beside the fd of a connection. */
export interface IdleMessage {
  /** Its place in the manifest. */
  listener: number;
  /** It is closed if nothing arrives for so long; 0: no limit. */
  idleMs: number;
  /** When that began, in milliseconds of the machine's monotonic clock. */
  at: number;
  /** It waits to be served. */
  isDue: boolean;
  /** What came with it, in base64. */
  about: string | null;
}

export type ToNew = Manifest | Go | { type: 'left' } | { type: 'idle' } | { type: 'serves-on' };

export type ToOld =
  | { type: 'hello'; rondo: string; node: string }
  | { type: 'ready' }
  | { type: 'taken'; takesIdle?: boolean }
  | { type: 'got'; count: number }
  | { type: 'idle' }
  | { type: 'stopping' }
  | { type: 'failed'; message: string; lastOutput: string };

export function encode(message: ToNew | ToOld): string {
  return `${JSON.stringify(message)}\n`;
}

/** Splits what comes into lines. What is no line of this protocol comes from no rondo, and is left out. */
export class Lines {
  #rest = '';

  add(text: string): Array<{ type: string }> {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => {
      const message = parse(line);
      return message === null ? [] : [message];
    });
  }
}

function parse(line: string): { type: string } | null {
  try {
    const message: unknown = JSON.parse(line);
    const { type } = (message ?? {}) as { type?: unknown };
    return typeof type === 'string' ? (message as { type: string }) : null;
  } catch {
    return null;
  }
}
