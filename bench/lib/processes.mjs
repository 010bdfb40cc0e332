// Every process of the benchmark is known here from its start to its end, so that none outlives it:
// not after Ctrl-C, not after a failure, and no other process is ever hit.
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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
export function isRunning(pid) {
  const stat = readStat(pid);
  return stat !== undefined && stat.startTime === known.get(pid) && stat.state !== 'Z';
}

export function killAll() {
  for (const pid of known.keys()) signal(pid, 'SIGKILL');
  for (const pid of known.keys()) removeScratch(pid);
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
    signal(pid, 'SIGKILL');
    removeScratch(pid);
    known.delete(pid);
  }
}

/**
 * False if it does not run.
 * @param {number} pid
 * @param {NodeJS.Signals} name
 */
export function signal(pid, name) {
  if (!isRunning(pid)) return false;
  try {
    return process.kill(pid, name);
  } catch {
    // It ended between the question and the answer.
    return false;
  }
}

/**
 * A directory that a process of the benchmark may make for itself. It goes with the process, whatever
 * that ends by.
 * @param {number} pid
 */
export function scratchOf(pid) {
  return path.join(tmpdir(), `rondo-bench-${pid}`);
}

/** @param {number} pid */
function removeScratch(pid) {
  try {
    rmSync(scratchOf(pid), { recursive: true, force: true });
  } catch (error) {
    console.error(error);
  }
}
