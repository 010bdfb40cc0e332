/**
 * The primary's part of `rebalance`. Workers are told whether their connections move, and, with `'auto'`, one that has
 * more connections than others, and more to do, is asked to give so many back as it has too many. Looks only while
 * there are two workers. What a worker decides itself is in moves/moves.ts.
 */

import type { Rebalance } from '../types.js';

const LOOK_MS = 500;
/** How many connections are asked for in one look, over all workers. */
const MOST_PER_LOOK = 500;
/** A part of the mean that nobody minds. */
const TOLERANCE = 0.05;
/** How much more of its time a worker must be at work than the one with the fewest connections. */
const MORE_AT_WORK = 0.05;

/** A worker that serves. */
export interface Member {
  /** Connections that it has. */
  open: number;
  /** The share of the time in which its loop did not wait; null: it has done nothing yet. */
  utilisation: number | null;
}

/** How many connections each of them is to give back. */
export function excesses(members: readonly Member[]): number[] {
  const mean = members.reduce((sum, { open }) => sum + open, 0) / members.length;
  const fewest = Math.min(...members.map(({ open }) => open));
  const leastAtWork = Math.min(
    ...members.map(({ open, utilisation }) => (open === fewest ? (utilisation ?? 0) : 1)),
  );
  let left = MOST_PER_LOOK;
  return members.map(({ open, utilisation }) => {
    const excess = Math.min(open - Math.ceil(mean), left);
    const isLoaded = (utilisation ?? 0) - leastAtWork >= MORE_AT_WORK;
    if (excess < 1 || excess < mean * TOLERANCE || !isLoaded) return 0;
    left -= excess;
    return excess;
  });
}

export interface RebalanceHost<Worker extends Member> {
  /** Those that serve. */
  members(): Worker[];
  /** Asks one for so many connections. */
  relieve(worker: Worker, count: number): void;
  /** What workers are told of it has changed. */
  onChange(): void;
}

/** More than these make no difference to any worker. */
const ENOUGH = 2;

export class Rebalancer<Worker extends Member> {
  readonly #host: RebalanceHost<Worker>;
  #rebalance: Rebalance;
  #serving = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(rebalance: Rebalance, host: RebalanceHost<Worker>) {
    this.#rebalance = rebalance;
    this.#host = host;
  }

  get rebalance(): Rebalance {
    return this.#rebalance;
  }

  /** How many workers serve, 2 at most. */
  get serving(): number {
    return this.#serving;
  }

  /** So many serve from now on. */
  update(serving: number, rebalance = this.#rebalance): void {
    const counted = Math.min(serving, ENOUGH);
    if (this.#isClosed || (counted === this.#serving && rebalance === this.#rebalance)) return;
    this.#serving = counted;
    this.#rebalance = rebalance;
    this.#stopLooking();
    if (rebalance === 'auto' && counted === ENOUGH) {
      this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
    }
    this.#host.onChange();
  }

  /** Nobody is told anything from now on. */
  close(): void {
    this.#isClosed = true;
    this.#stopLooking();
  }

  #stopLooking(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    const members = this.#host.members();
    for (const [index, count] of excesses(members).entries()) {
      if (count > 0) this.#host.relieve(members[index] as Worker, count);
    }
  }
}
