/**
 * While a start, a reload or an end takes its time, the service manager is asked for more of it (EXTEND_TIMEOUT_USEC of
 * sd_notify(3)), again and again: should this process itself get stuck, the asking ends, and its own timeout holds.
 */

import type { Supervisor } from '../supervisor/supervisor.js';
import type { SupervisorEvents } from '../supervisor/types.js';

const EVERY_MS = 5_000;

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

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Until `end()`. */
  begin(): void {
    this.end();
    const ask = (): void => this.#tell(`EXTEND_TIMEOUT_USEC=${EXTENSION_USEC}`);
    ask();
    this.#timer = setInterval(ask, EVERY_MS).unref();
  }

  end(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#deadline);
  }

  /** Until then at the latest, and not until what was said before. */
  endIn(ms: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.end(), ms).unref();
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
