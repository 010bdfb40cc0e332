/**
 * Whether requests keep this process's loop so busy that one which waits behind another would be served sooner
 * elsewhere. Looked at once for many of them: the time in which the loop did not wait, as far as the process has had a
 * CPU in it. What other processes take makes no request slow that moving would make quicker.
 *
 *   quick ──▶ slow: a request costs 1 ms and more, and the loop has something to do, twice in a row
 *         ◀── below that, once; there the moves are in the cost, some 0.2 to 0.5 ms
 */

import { performance } from 'node:perf_hooks';

/** How many requests are taken together; a look costs some microseconds. */
const REQUESTS = { quick: 64, slow: 16 };
/** So many times in a row: a program that has just been loaded is slow at first. */
const STEADY = 2;
/** After so long fewer are enough: one that was slow gives all back, and gets few. */
const LONGEST_MS = 250;
/** What a request costs, in milliseconds. */
const SLOW_MS = 1;
/** Of a loop that mostly waits requests meet nobody who is before them. */
const BUSY = 0.1;

export class Pace {
  #state: 'quick' | 'slow' = 'quick';
  #requests = 0;
  /** How many times in a row they were slow. */
  #slow = 0;
  #since = performance.now();
  #loop = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();

  get isSlow(): boolean {
    return this.#state === 'slow';
  }

  /** A response has been sent. */
  note(): void {
    if (++this.#requests < REQUESTS[this.#state] && !this.#isLate()) return;
    const requests = this.#requests;
    this.#requests = 0;
    this.#since = performance.now();
    const loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    const { active, utilization } = performance.eventLoopUtilization(loop, this.#loop);
    const cpuMs = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1_000;
    this.#loop = loop;
    this.#cpu = cpu;
    const costMs = Math.min(active, cpuMs) / requests;
    const isSlow = costMs >= SLOW_MS && utilization >= BUSY;
    this.#slow = isSlow ? this.#slow + 1 : 0;
    if (!isSlow) this.#state = 'quick';
    else if (this.#slow >= STEADY) this.#state = 'slow';
  }

  #isLate(): boolean {
    return this.isSlow && performance.now() - this.#since >= LONGEST_MS;
  }
}
