// Which failures of the supervisor's are right: those of a worker that the run itself has hit.
import { holds } from './wait.mjs';

/** The signal or message may have come a moment before the runner knows whom it has hit. */
const KNOWN_MS = 1_000;

/** The worker that an error of the supervisor is about, or null. @param {string} text */
export function pidIn(text) {
  const [, pid] = /\(pid (\d+)\)/.exec(text) ?? [];
  return pid === undefined ? null : Number(pid);
}

/**
 * A reload fails, as it should, if its new worker is hit while that is watched.
 * @param {import('./program.mjs').Program} program
 * @param {string} text of the error
 */
export async function isOfHit(program, text) {
  const pid = pidIn(text);
  return pid !== null && (await holds(() => program.hit.has(pid), KNOWN_MS));
}
