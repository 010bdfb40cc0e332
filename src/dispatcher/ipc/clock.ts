/** The clock of the ipc transport. */

// The global of that name is a getter, which costs more than the clock.
import { performance } from 'node:perf_hooks';

/** Milliseconds, which never go back. */
export function clockMs(): number {
  return performance.now();
}
