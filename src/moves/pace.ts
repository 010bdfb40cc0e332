/**
 * Whether requests keep this process's loop for so long that one which waits behind another would be served sooner
 * elsewhere. Looked at once for many of them: the time in which the loop did not wait for events, without that in which
 * it waited for a CPU. What other processes take makes no request slow that moving would make quicker; and where CPUs
 * are what is short, as with more workers than cores, another worker does not serve a request sooner, and a move takes
 * some of what is short.
 *
 *   quick ──▶ slow: a request costs 1 ms and more, and the loop has something to do, twice in a row
 *         ◀── the contrary, twice in a row; the moves are in the cost then, some 0.2 to 0.5 ms
 */

import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** How many requests are taken together; a look costs some microseconds. */
const REQUESTS = { quick: 64, slow: 16 };
/** After so long so few are enough: of requests of 200 ms there are not many. The clock is read for as many only. */
const LONGEST_MS = 1_000;
const FEWEST = 8;
/** So many times in a row: a program that has just been loaded is slow at first. */
const STEADY = 2;
/** What a request costs, in milliseconds. */
const SLOW_MS = 1;
/** Of a loop that mostly waits requests meet nobody who is before them. */
const BUSY = 0.1;
/** CPUs are short where a loop with something to do waits for one for such a part of the time. Moves add to it. */
const SHORT_OF_CPU = { quick: 0.15, slow: 0.25 };

/** Of the process, since it began, in milliseconds. */
interface Times {
  cpu: number;
  /** In which its main thread waited for a CPU; null where the kernel does not tell. */
  waited: number | null;
}

export class Pace {
  /** Called whenever something is known. */
  whenKnown: (isSlow: boolean) => void = () => {};

  #state: 'quick' | 'slow' = 'quick';
  #requests = 0;
  #since = performance.now();
  /** How many times in a row it was the other state. */
  #others = 0;
  #loop = performance.eventLoopUtilization();
  /** At the last look, if that could have been slow: what nothing depends on is not asked for. */
  #times: Times | null = null;

  /** A response has been sent. */
  note(): void {
    if (++this.#requests < REQUESTS[this.#state] && !this.#isLate()) return;
    const requests = this.#requests;
    this.#requests = 0;
    this.#since = performance.now();
    const loop = performance.eventLoopUtilization();
    const { active, utilization } = performance.eventLoopUtilization(loop, this.#loop);
    this.#loop = loop;
    const maySlow = active / requests >= SLOW_MS && utilization >= BUSY;
    const last = this.#times;
    this.#times = maySlow ? readTimes() : null;
    // A first one is needed to begin with.
    if (this.#times !== null && last === null) return;
    const isSlow =
      this.#times !== null && this.#isSlowIn(active, requests, last as Times, this.#times);
    const isOther = isSlow !== (this.#state === 'slow');
    this.#others = isOther ? this.#others + 1 : 0;
    if (this.#others >= STEADY) {
      this.#state = isSlow ? 'slow' : 'quick';
      this.#others = 0;
    }
    this.whenKnown(this.#state === 'slow');
  }

  #isLate(): boolean {
    return this.#requests % FEWEST === 0 && performance.now() - this.#since >= LONGEST_MS;
  }

  #isSlowIn(active: number, requests: number, from: Times, to: Times): boolean {
    // Where it is not known, what was not the CPU's was waiting for it.
    if (from.waited === null || to.waited === null) {
      return Math.min(active, to.cpu - from.cpu) / requests >= SLOW_MS;
    }
    const waited = to.waited - from.waited;
    if (waited / active >= SHORT_OF_CPU[this.#state]) return false;
    return (active - waited) / requests >= SLOW_MS;
  }
}

function readTimes(): Times {
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1_000, waited: readWaited() };
}

/** proc(5): on its CPU, waiting for it, and how often, in nanoseconds; zeros if the kernel does not count. */
function readWaited(): number | null {
  try {
    const [ran, waited] = readFileSync('/proc/self/schedstat', 'latin1').split(' ').map(Number);
    return ran === undefined || waited === undefined || !(ran > 0) ? null : waited / 1e6;
  } catch {
    return null;
  }
}
