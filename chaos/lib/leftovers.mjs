// What a run may leave behind, as Linux shows it in /proc. Every process of a run has a mark in its
// environment, which its own children inherit: so one is found also if nobody has told of it.
import { readdirSync, readFileSync } from 'node:fs';

const NAME = 'RONDO_CHAOS_RUN';
const value = `${process.pid}-${Date.now()}`;

/** For the environment of what is started. */
export const mark = { [NAME]: value };

/** Those of this run that are alive, zombies not included: they have no environment any more. */
export function markedPids() {
  return pids().filter((pid) => pid !== process.pid && isMarked(pid));
}

/** At once; it goes on until there is none, since a dying primary may still have forked. */
export function killMarked() {
  for (let tries = 0; tries < 100; tries++) {
    const left = markedPids();
    if (left.length === 0) return;
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended between the question and the answer.
      }
    }
  }
}

/**
 * Children of the process that have ended and were not waited for.
 * @param {number} parent
 */
export function zombiesOf(parent) {
  return pids().filter((pid) => {
    const [state, ppid] = stat(pid);
    return state === 'Z' && Number(ppid) === parent;
  });
}

/** @param {number} pid */
export function countFds(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function pids() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** @param {number} pid */
function isMarked(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${NAME}=${value}`);
  } catch {
    return false;
  }
}

/** @param {number} pid */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
