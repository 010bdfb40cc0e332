/**
 * The tallies of a transport's processes. Each ends when the transport is done with the process, which a release
 * makes early, and the process has exited, which may be long after.
 */

import type { ChildProcess } from 'node:child_process';
import { before } from '../hidden-listeners.js';
import type { SlotFigures } from '../native/figures.js';
import { Tally } from './tally.js';

/** What counts; processes are named by their slot and generation. */
export interface TallyHost {
  read(slot: number, generation: number, out: SlotFigures): void;
  errors(slot: number, generation: number): Record<string, number>;
  /** It has been waited for: its pid may be another's. */
  onExit(slot: number, generation: number, child: ChildProcess): void;
  /** What is counted of it is not read any more. */
  onEnd(slot: number, generation: number): void;
}

interface Entry {
  readonly slot: number;
  readonly generation: number;
  readonly tally: Tally;
  isGone: boolean;
  hasExited: boolean;
}

export class Tallies {
  readonly #host: TallyHost;
  readonly #open = new Map<string, Entry>();

  constructor(host: TallyHost) {
    this.#host = host;
  }

  open(slot: number, generation: number, child: ChildProcess): Tally {
    const tally = new Tally({
      read: (out) => this.#host.read(slot, generation, out),
      errors: () => this.#host.errors(slot, generation),
    });
    const entry = { slot, generation, tally, isGone: false, hasExited: false };
    this.#open.set(keyOf(slot, generation), entry);
    const onExit = (): void => {
      stop();
      entry.hasExited = true;
      this.#host.onExit(slot, generation, child);
      this.#endIfOver(entry);
    };
    const stop = before(child, 'exit', onExit);
    // One that could not be started never exits.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) onExit();
    return tally;
  }

  /** The transport is done with that process. */
  onGone(slot: number, generation: number): void {
    const entry = this.#open.get(keyOf(slot, generation));
    // None was assigned.
    if (entry === undefined) return this.#host.onEnd(slot, generation);
    entry.isGone = true;
    this.#endIfOver(entry);
  }

  /** And with all of them. */
  onStopped(): void {
    for (const entry of [...this.#open.values()]) {
      entry.isGone = true;
      this.#endIfOver(entry);
    }
  }

  #endIfOver(entry: Entry): void {
    if (!entry.isGone || !entry.hasExited) return;
    const { slot, generation, tally } = entry;
    this.#open.delete(keyOf(slot, generation));
    tally.finish();
    this.#host.onEnd(slot, generation);
  }
}

function keyOf(slot: number, generation: number): string {
  return `${slot}:${generation}`;
}
