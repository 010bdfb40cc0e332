// What Linux says about a process in /proc/PID (proc_pid_stat(5) and others), and about the whole machine
// in /proc/stat (proc_stat(5)).
import { readdirSync, readFileSync } from 'node:fs';

// USER_HZ, the unit of the times there: 100 on every platform Node runs on.
const TICKS_PER_SECOND = 100;

/**
 * Undefined if there is no such process any more.
 * @param {number} pid
 */
export function readStat(pid) {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The program's name comes second, in parentheses, and may hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    state: fields[0],
    /** In whole ticks. */
    cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    /** With the pid, this names one process for good: pids are used again. */
    startTime: fields[19],
  };
}

/**
 * User and system time of all threads of these processes, in seconds.
 * @param {number[]} pids
 */
export function cpuSeconds(pids) {
  return pids.reduce((sum, pid) => {
    const stat = readStat(pid);
    if (!stat) throw new Error(`process ${pid} is gone`);
    return sum + (threadSeconds(pid) ?? stat.cpuS);
  }, 0);
}

/**
 * The same of the threads there are, to the nanosecond, as far as a thread that runs has been looked at by the
 * scheduler (/proc/PID/task/TID/schedstat). Threads that have ended are not in it: it is for differences between two
 * times, of processes whose threads stay. Undefined where the kernel was built without.
 * @param {number} pid
 */
function threadSeconds(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => sum + secondsOfThread(pid, thread), 0);
  } catch {
    return undefined;
  }
}

/**
 * The same of one of its threads.
 * @param {number} pid
 * @param {number | string} thread
 */
export function secondsOfThread(pid, thread) {
  const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1');
  return Number(text.split(' ', 1)[0]) / 1e9;
}

/**
 * What listening sockets have dropped, of all in this network namespace: final ACKs of a handshake and SYNs that found
 * the queue full (ListenDrops and ListenOverflows in /proc/net/netstat).
 */
export function listenDrops() {
  const [names, values] = readFileSync('/proc/net/netstat', 'latin1')
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  /** @param {string} name */
  const field = (name) => Number(values[names.indexOf(name)]);
  return { drops: field('ListenDrops'), overflows: field('ListenOverflows') };
}

/** How long the cores of the machine were not idle, in seconds, with what a hypervisor took away. */
export function machineBusySeconds() {
  const [line] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  const [user, nice, system, , , irq, softirq, steal] = line.split(/ +/).slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/**
 * The resident memory of a process in KiB: all of it, and its proportional part, in which a page that
 * n processes have counts as an nth (/proc/PID/smaps_rollup, proc(5)).
 * @param {number} pid
 */
export function memoryKb(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  /** @param {string} name */
  const field = (name) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]);
  return { rss: field('Rss'), pss: field('Pss') };
}

/**
 * How many file descriptors a process has open.
 * @param {number} pid
 */
export function openFds(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** How many file descriptors this process, and each it starts, may have: the hard limit. */
export function fdLimit() {
  const line = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  return line?.[1] === 'unlimited' ? Infinity : Number(line?.[1]);
}
