/**
 * Whether requests keep this process's loop so busy that one which waits behind another would be served sooner
 * elsewhere. By the time in which the loop did not wait, per request, looked at once for many of them.
 *
 *   quick ──▶ slow: a request costs 1 ms and more, and the loop has something to do
 *         ◀── below half of either
 */

import { performance } from 'node:perf_hooks';

/** How many requests are taken together. */
const REQUESTS = 16;
/** What a request costs, in milliseconds of the loop. */
const SLOW_MS = 1;
/** Of a loop that mostly waits requests meet nobody who is before them. */
const BUSY = 0.1;

export class Pace {
  #state: 'quick' | 'slow' = 'quick';
  #requests = 0;
  #last = performance.eventLoopUtilization();

  get isSlow(): boolean {
    return this.#state === 'slow';
  }

  /** A response has been sent. */
  note(): void {
    if (++this.#requests < REQUESTS) return;
    this.#requests = 0;
    const now = performance.eventLoopUtilization();
    const { active, utilization } = performance.eventLoopUtilization(now, this.#last);
    this.#last = now;
    const factor = this.#state === 'slow' ? 0.5 : 1;
    const isSlow = active / REQUESTS >= SLOW_MS * factor && utilization >= BUSY * factor;
    this.#state = isSlow ? 'slow' : 'quick';
  }
}
