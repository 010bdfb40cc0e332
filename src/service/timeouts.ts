/**
 * While a start, a reload or an end takes its time, the service manager is asked for more of it (EXTEND_TIMEOUT_USEC of
 * sd_notify(3)), again and again: should this process itself get stuck, the asking ends, and its own timeout holds.
 */

import type { Supervisor } from '../supervisor/supervisor.js';
import type { SupervisorEvents } from '../supervisor/types.js';

const EVERY_MS = 5_000;

/** A program that is told to stop says soon how long that takes at most. One that does not is stuck. */
const UNTOLD_MS = 60_000;

/** What is asked for each time, to be counted from then on. */
const EXTENSION_USEC = 15_000_000;

type Tell = (...lines: string[]) => void;

const BEGINS: ReadonlyArray<keyof SupervisorEvents> = [
  'reload:begin',
  'upgrade:begin',
  'leaving',
  'stopping',
];
const ENDS: ReadonlyArray<keyof SupervisorEvents> = [
  'reload:end',
  'reload:failed',
  'upgrade:failed',
  'failed',
];

/** What asks, again and again. */
export class Extension {
  readonly #tell: Tell;
  #timer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #isAsking = false;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Until `end()`. */
  begin(): void {
    this.end();
    const ask = (): void => this.#tell(`EXTEND_TIMEOUT_USEC=${EXTENSION_USEC}`);
    this.#isAsking = true;
    ask();
    this.#timer = setInterval(ask, EVERY_MS).unref();
  }

  end(): void {
    this.#isAsking = false;
    clearInterval(this.#timer);
    clearTimeout(this.#deadline);
  }

  /** Until then at the latest, and not until what was said before. Begins, if it does not ask by now. */
  endIn(ms: number): void {
    if (!this.#isAsking) this.begin();
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.end(), ms).unref();
  }
}

/** The same for the end of several programs, each of which says how long its own takes. */
export class EndOfPrograms {
  readonly #extension: Extension;
  readonly #now: () => number;
  /** By program: until when its end takes at most; null: its stop is delayed, and nobody knows. */
  readonly #ends = new Map<object, number | null>();
  #isStopping = false;

  constructor(extension: Extension, now = () => performance.now()) {
    this.#extension = extension;
    this.#now = now;
  }

  /** All are told to stop. */
  begin(): void {
    this.#isStopping = true;
    this.#ends.set(this, this.#now() + UNTOLD_MS);
    this.#ask();
  }

  /** It has begun to stop, for whatever reason, also before all are; `withinMs` is null while that is delayed. */
  note(program: object, withinMs: number | null): void {
    this.#ends.set(program, withinMs === null ? null : this.#now() + withinMs);
    this.#ask();
  }

  /** It has ended, or has begun anew. */
  forget(program: object): void {
    if (this.#ends.delete(program)) this.#ask();
  }

  #ask(): void {
    if (!this.#isStopping) return;
    const ends = [...this.#ends.values()];
    const known = ends.filter((end) => end !== null);
    if (known.length < ends.length) this.#extension.begin();
    else this.#extension.endIn(Math.max(0, ...known.map((end) => end - this.#now())));
  }
}

/** From now on, which is before the start, until the end. Returns what says that the start is over. */
export function extendTimeouts(supervisor: Supervisor, tell: Tell): () => void {
  const extension = new Extension(tell);
  extension.begin();
  for (const event of BEGINS) supervisor.on(event, () => extension.begin());
  const endUnlessLeaving = (): void => {
    if (supervisor.stats().state !== 'leaving') extension.end();
  };
  for (const event of ENDS) supervisor.on(event, endUnlessLeaving);
  // By then everything has been killed that did not end by itself.
  supervisor.once('stopping', () => extension.endIn(supervisor.endWithinMs));
  return () => extension.end();
}
