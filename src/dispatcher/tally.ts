/**
 * What is counted of one process, from its assignment to a slot until nothing of it is left: also when it was
 * released, and its slot is another's, since what it has still open goes on ending. Then the last numbers stay.
 * Numbers stand in arrays, by native/figures.ts's `Figure`: a scrape reads all of 64 workers.
 */

import { FIGURES, Figure, type SlotFigures } from '../native/figures.js';

/** Those that never fall, whatever a worker writes of itself; with the histogram, which comes last. */
const COUNTERS = [
  Figure.handed,
  Figure.received,
  Figure.ended,
  Figure.refused,
  Figure.released,
  Figure.reclaimed,
  Figure.unfinished,
  Figure.lost,
  Figure.cpuNs,
];

/** What only a living process has; -1 is what is not known. */
const OF_THE_LIVING = [
  Figure.heartbeatAgeMs,
  Figure.loopDelayUs,
  Figure.busyPermille,
  Figure.memoryKb,
  Figure.isSlow,
];

/** Where one process is counted. */
export interface TallySource {
  read(out: SlotFigures): void;
  /** Errors of handing off, by code; asked only if `Figure.hasHandOffErrors` says that there are any. */
  errors(): Record<string, number>;
}

export class Tally {
  readonly #source: TallySource;
  #last = newFigures();
  #next = newFigures();
  #errors: Record<string, number> = {};
  #isFinal = false;
  #onFinal: Array<() => void> = [];

  constructor(source: TallySource) {
    this.#source = source;
  }

  get isFinal(): boolean {
    return this.#isFinal;
  }

  /** As they are now, or were at last. To be read before the next call. */
  figures(): SlotFigures {
    if (this.#isFinal) return this.#last;
    const next = this.#next;
    this.#source.read(next);
    keepUp(next, this.#last);
    this.#next = this.#last;
    this.#last = next;
    return next;
  }

  /** Errors of handing off, by code. */
  errors(): Record<string, number> {
    if (!this.#isFinal && this.#last[Figure.hasHandOffErrors] !== 0) {
      this.#errors = this.#source.errors();
    }
    return this.#errors;
  }

  /** Calls back when the last numbers are known. */
  whenFinal(then: () => void): void {
    if (this.#isFinal) then();
    else this.#onFinal.push(then);
  }

  /** Nothing of the process is left. What it had open was being served when it died. A second call has no effect. */
  finish(): void {
    if (this.#isFinal) return;
    const last = this.figures();
    this.errors();
    this.#isFinal = true;
    last[Figure.unfinished] += last[Figure.open];
    last[Figure.open] = 0;
    last[Figure.pending] = 0;
    for (const figure of OF_THE_LIVING) last[figure] = -1;
    for (const then of this.#onFinal.splice(0)) then();
  }
}

export function newFigures(): SlotFigures {
  return new Float64Array(FIGURES) as SlotFigures;
}

/** Adds those that count. */
export function addCounters(to: SlotFigures, figures: SlotFigures): void {
  for (const at of COUNTERS) to[at] += Math.max(figures[at], 0);
  for (let at = Figure.handoffTimes as number; at < FIGURES; at++) {
    (to as Float64Array)[at] = numberAt(to, at) + numberAt(figures, at);
  }
}

/** No counter is less than it was. */
function keepUp(next: SlotFigures, last: SlotFigures): void {
  for (const at of COUNTERS) if (next[at] < last[at]) next[at] = last[at];
  for (let at = Figure.handoffTimes as number; at < FIGURES; at++) {
    const before = numberAt(last, at);
    if (numberAt(next, at) < before) (next as Float64Array)[at] = before;
  }
}

function numberAt(figures: Float64Array, at: number): number {
  return figures[at] as number;
}
