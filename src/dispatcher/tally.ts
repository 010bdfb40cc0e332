/**
 * What is counted of one process, from its assignment to a slot until nothing of it is left: also when it was
 * released, and its slot is another's, since what it has still open goes on ending. Then the last numbers stay.
 */

import type { ProcessCounts, Times } from './transport.js';

/** Those that never fall, whatever a worker writes of itself. */
const COUNTERS = [
  'handed',
  'received',
  'ended',
  'refused',
  'reclaimed',
  'unfinished',
  'lost',
] as const;

/** What only a living process has. */
const NOTHING = {
  pending: 0,
  open: 0,
  heartbeatAgeMs: null,
  loopDelayMs: null,
  utilisation: null,
  memoryBytes: null,
};

export class Tally {
  readonly #read: () => ProcessCounts;
  #last: ProcessCounts | null = null;
  #isFinal = false;
  #onFinal: Array<(last: ProcessCounts) => void> = [];

  constructor(read: () => ProcessCounts) {
    this.#read = read;
  }

  get isFinal(): boolean {
    return this.#isFinal;
  }

  /** As they are now, or were at last. */
  counts(): ProcessCounts {
    if (this.#isFinal && this.#last !== null) return this.#last;
    const next = this.#read();
    if (this.#last !== null) keepUp(next, this.#last);
    this.#last = next;
    return next;
  }

  /** Calls back with the last numbers, when they are known. */
  whenFinal(then: (last: ProcessCounts) => void): void {
    if (this.#isFinal) then(this.counts());
    else this.#onFinal.push(then);
  }

  /**
   * Nothing of the process is left. What it had open was being served when it died, unless it is counted there
   * already. Twice is as good as once.
   */
  finish(): void {
    if (this.#isFinal) return;
    const last = this.counts();
    this.#isFinal = true;
    this.#last = { ...last, unfinished: last.unfinished + last.open, ...NOTHING };
    for (const then of this.#onFinal.splice(0)) then(this.#last);
  }
}

/** No counter is less than it was. */
function keepUp(next: ProcessCounts, last: ProcessCounts): void {
  for (const key of COUNTERS) next[key] = Math.max(next[key], last[key]);
  next.cpuS = maxOf(next.cpuS, last.cpuS);
  keepTimes(next.queueTimes, last.queueTimes);
  keepTimes(next.handoffTimes, last.handoffTimes);
}

function keepTimes(next: Times, last: Times): void {
  next.sumS = Math.max(next.sumS, last.sumS);
  for (const [index, count] of last.counts.entries()) {
    next.counts[index] = Math.max(next.counts[index] as number, count);
  }
}

function maxOf(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}
