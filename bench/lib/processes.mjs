// Every process of the benchmark is known here from its start to its end, so that none outlives it:
// not after Ctrl-C, not after a failure, and no other process is ever hit.
import { setTimeout as delay } from 'node:timers/promises';
import { readStat } from './proc.mjs';

/** @type {Map<number, string>} pid → start time */
const known = new Map();

/** @param {number | undefined} pid */
export function track(pid) {
  const stat = pid === undefined ? undefined : readStat(pid);
  if (pid !== undefined && stat) known.set(pid, stat.startTime);
}

/** @param {number} pid */
function isRunning(pid) {
  const stat = readStat(pid);
  return stat !== undefined && stat.startTime === known.get(pid) && stat.state !== 'Z';
}

export function killAll() {
  for (const pid of known.keys()) kill(pid);
  known.clear();
}

/**
 * Waits for processes that were told to end, and kills those that do not.
 * @param {number[]} pids
 * @param {number} timeoutMs
 */
export async function ended(pids, timeoutMs) {
  const deadline = performance.now() + timeoutMs;
  while (pids.some(isRunning) && performance.now() < deadline) await delay(5);
  for (const pid of pids) {
    kill(pid);
    known.delete(pid);
  }
}

/** @param {number} pid */
function kill(pid) {
  if (!isRunning(pid)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the question and the answer.
  }
}
