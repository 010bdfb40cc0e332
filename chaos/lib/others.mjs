// How many cores everything kept busy that is not part of the run: where it is many, a wait of some seconds
// tells of them.
import { readFileSync } from 'node:fs';
import { machineBusySeconds } from '../../bench/lib/proc.mjs';

const TICKS_PER_SECOND = 100;
const LOOK_MS = 100;

/**
 * Call the result at the end, with what the load generators used in between.
 * @param {import('./program.mjs').Program} program
 */
export function watchOthers(program) {
  /**
   * An upgrade ends a primary. Its time is what was last read.
   * @type {Map<number, number>}
   */
  const primaries = new Map();
  const look = () => {
    for (const pid of new Set([...primaries.keys(), program.pid])) {
      primaries.set(pid, Math.max(primaries.get(pid) ?? 0, seconds(pid)));
    }
  };
  const own = () => {
    look();
    const { user, system } = process.cpuUsage();
    const workers = [...program.pids].filter((pid) => !program.exited.has(pid)).map(seconds);
    return [...primaries.values(), ...workers].reduce((sum, s) => sum + s, (user + system) / 1e6);
  };
  const timer = setInterval(look, LOOK_MS);
  const start = { at: performance.now(), busy: machineBusySeconds(), own: own() };
  return (/** @type {number} */ loadS) => {
    clearInterval(timer);
    const elapsedS = (performance.now() - start.at) / 1_000;
    return (machineBusySeconds() - start.busy - (own() - start.own) - loadS) / elapsedS;
  };
}

/**
 * With those of its children that have ended: proc_pid_stat(5), utime to cstime.
 * @param {number} pid
 */
function seconds(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}
