/** How long connections took from their accepting until the program has them, in memory that the primary reads. */

import { TIME_BOUNDS_S } from '../native/figures.js';

const BOUNDS_US = TIME_BOUNDS_S.map((seconds) => Math.round(seconds * 1e6));

/** `times` is `receiver.handoffTimes()`. Every connection comes by here, and most in the first buckets. */
export function noteHandoff(times: Float64Array, us: number): void {
  let bucket = 0;
  while (bucket < BOUNDS_US.length && us > (BOUNDS_US[bucket] as number)) bucket++;
  // The primary reads the sum first: no time may be in it that is in no bucket.
  times[1 + bucket] = (times[1 + bucket] as number) + 1;
  times[0] = (times[0] as number) + us;
}
