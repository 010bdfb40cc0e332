/** Whom a failure of Redis is told: the program's function, or, once per outage, everybody by a warning. */

import type { RondoError } from '../errors.js';

/** A minute without a failure ends an outage. */
const OUTAGE_MS = 60_000;

export function failureReporter(
  name: string,
  onFailure: ((error: RondoError) => void) | undefined,
): (error: RondoError) => void {
  if (onFailure !== undefined) return onFailure;
  let lastAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    if (now - lastAt > OUTAGE_MS) {
      process.emitWarning(`${name}: ${error.message}`, { type: 'RondoWarning', code: error.code });
    }
    lastAt = now;
  };
}
