// The runner's side of ../hog.mjs.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ended, track } from './processes.mjs';

const PROGRAM = new URL('../hog.mjs', import.meta.url);
/** Longer than any cell. */
const SECONDS = 120;
const EXIT_TIMEOUT_MS = 500;
/** Steps of this share of a period come near every point of it soon, and twice at none. */
const STEP = (Math.sqrt(5) - 1) / 2;

/** @typedef {Awaited<ReturnType<typeof startHog>>} Hog */

/**
 * Another process that takes a core, from now until it is stopped. Where it pauses, each round meets it at
 * another point of its period.
 * @param {import('./types.mjs').HogHabit} habit
 * @param {number} round
 */
export async function startHog({ busyMs, idleMs }, round) {
  const child = fork(PROGRAM, [SECONDS, busyMs, idleMs].map(String), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const pid = /** @type {number} */ (child.pid);
  track(pid);
  await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error('the process that keeps a core busy has ended');
  if (idleMs > 0) await delay(((round * STEP) % 1) * (busyMs + idleMs));
  return {
    pid,
    async stop() {
      if (child.connected) child.disconnect();
      await ended([pid], EXIT_TIMEOUT_MS);
    },
  };
}
