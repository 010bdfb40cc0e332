/**
 * The files of the Unix listeners. One that is unlinked while its listener is open, by a program that
 * removes what it takes for stale, is bound anew; and all are removed at the process's exit, for
 * process.exit() closes nothing.
 */

import path from 'node:path';
import { errnoName, systemError } from '../../errors.js';
import { after } from '../../hidden-listeners.js';
import type { NativeEngine } from '../../native/engine.js';

/** What removes a file of ours at a time of its own choice is noticed this late at most. */
const LOOK_MS = 1000;

const RENEWED = 1;

/** unix(7): what `sun_path` holds, with its end. */
const LONGEST = 107;

interface Place {
  readonly path: string;
  /** Null for an absolute path. */
  readonly directory: string | null;
  /** Why it could not be bound anew, by code; counted each time. */
  readonly errors: Record<string, number>;
  /** The last of them; 0 once the file is there again. */
  error: number;
}

export interface PathsUser {
  onRenewed(listener: number): void;
  /** Once, and again when it is another error or comes back. */
  onRenewError(listener: number, error: Error): void;
}

export class Paths {
  readonly #engine: NativeEngine;
  readonly #user: PathsUser;
  readonly #places = new Map<number, Place>();
  #timer: NodeJS.Timeout | null = null;
  #stopListening = (): void => {};

  constructor(engine: NativeEngine, user: PathsUser) {
    this.#engine = engine;
    this.#user = user;
  }

  /** Of a listener that has just been opened there. */
  add(id: number, where: string): void {
    // No file.
    if (where.startsWith('\0')) return;
    if (this.#places.size === 0) {
      this.#stopListening = after(process, 'exit', this.#onExit);
      this.#timer = setInterval(() => this.renew(), LOOK_MS).unref();
    }
    const directory = directoryOf(where);
    this.#places.set(id, { path: where, directory, errors: {}, error: 0 });
  }

  delete(id: number): void {
    if (!this.#places.delete(id) || this.#places.size > 0) return;
    this.#stopListening();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  errorsOf(id: number): Record<string, number> {
    return { ...this.#places.get(id)?.errors };
  }

  /** Binds anew what no longer leads to its listener; not what is somebody else's now. */
  renew(): void {
    for (const [id, place] of this.#places) {
      const result = this.#engine.renewUnix(id, fromHere(place));
      const before = place.error;
      place.error = Math.min(result, 0);
      if (result === RENEWED) this.#user.onRenewed(id);
      if (result >= 0) continue;
      const code = errnoName(result);
      place.errors[code] = (place.errors[code] ?? 0) + 1;
      if (result === before) continue;
      this.#user.onRenewError(id, systemError(result, 'listen', place.path, -1));
    }
  }

  readonly #onExit = (): void => {
    for (const id of this.#places.keys()) this.#engine.removeListener(id);
  };
}

/** The path from anywhere. Not normalized, for a `..` behind a link leads elsewhere. */
export function inFull(where: string): string {
  const directory = directoryOf(where);
  return directory === null ? where : `${directory}/${where}`;
}

/** A path in full, or from here if it is too long to be bound. */
export function bindable(where: string): string {
  return Buffer.byteLength(where) <= LONGEST ? where : path.relative(process.cwd(), where);
}

/** As it was given if that is still the same place: what can be bound is short. */
function fromHere({ path: where, directory }: Place): string {
  if (directory === null || directory === workingDirectory()) return where;
  return `${directory}/${where}`;
}

function directoryOf(where: string): string | null {
  return path.isAbsolute(where) || where.startsWith('\0') ? null : workingDirectory();
}

/** Null if it has been removed. */
function workingDirectory(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}
