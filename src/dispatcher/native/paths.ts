/**
 * The files of the Unix listeners. One that is unlinked while its listener is open, by a program that
 * removes what it takes for stale, is bound anew; and all are removed at the process's exit, for
 * process.exit() closes nothing.
 */

import path from 'node:path';
import { after } from '../../hidden-listeners.js';
import type { NativeEngine } from '../../native.js';

/** What removes a file of ours at a time of its own choice is noticed this late at most. */
const LOOK_MS = 1000;

const RENEWED = 1;

interface Place {
  readonly path: string;
  /** Null for an absolute path. */
  readonly directory: string | null;
}

export class Paths {
  readonly #engine: NativeEngine;
  readonly #onRenewed: (listener: number) => void;
  readonly #places = new Map<number, Place>();
  #timer: NodeJS.Timeout | null = null;
  #stopListening = (): void => {};

  constructor(engine: NativeEngine, onRenewed: (listener: number) => void) {
    this.#engine = engine;
    this.#onRenewed = onRenewed;
  }

  /** Of a listener that has just been opened there. */
  add(id: number, where: string): void {
    // No file.
    if (where.startsWith('\0')) return;
    if (this.#places.size === 0) {
      this.#stopListening = after(process, 'exit', this.#onExit);
      this.#timer = setInterval(() => this.renew(), LOOK_MS).unref();
    }
    this.#places.set(id, { path: where, directory: directoryOf(where) });
  }

  delete(id: number): void {
    if (!this.#places.delete(id) || this.#places.size > 0) return;
    this.#stopListening();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Binds anew what no longer leads to its listener; not what is somebody else's now. */
  renew(): void {
    for (const [id, place] of this.#places) {
      if (this.#engine.renewUnix(id, fromHere(place)) === RENEWED) this.#onRenewed(id);
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
