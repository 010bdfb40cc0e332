// Waiting that is bounded.
import { setTimeout as delay } from 'node:timers/promises';

/** How long a consequence may take. */
export const BOUND_MS = 30_000;

const STEP_MS = 10;

/**
 * True as soon as the condition holds; false when it does not in time.
 * @param {() => unknown} condition may be async
 * @param {number} boundMs
 */
export async function holds(condition, boundMs) {
  const end = performance.now() + boundMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await delay(STEP_MS);
  }
  return true;
}

/**
 * @param {string} what for the error
 * @param {() => unknown} condition may be async
 * @param {number} boundMs
 */
export async function until(what, condition, boundMs) {
  if (!(await holds(condition, boundMs))) throw new Error(`not in ${boundMs} ms: ${what}`);
}
