/**
 * How much of the machine this process may use, and what follows from it: how many workers there are where nobody has
 * said it, and how much memory each may have by a share.
 */

import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { invalidOption } from '../errors.js';
import { checkInteger } from '../options.js';
import { cgroupLimits } from './cgroup.js';

/** Each worker has another one beside it during a reload, and a dispatcher has 1024 slots. */
export const MOST_WORKERS = 512;

export interface Machine {
  /** Those that the process may run on, by its affinity, which a cpuset limits, too. */
  cores: number;
  /** Of its control groups, in CPUs; null without one. */
  quota: number | null;
  /** The limit of its control groups, or what the machine has. */
  memoryBytes: number;
}

/** As it is at the moment: limits may be changed while a process runs. */
export function machine(root?: string): Machine {
  const { quota, memoryBytes } = cgroupLimits(root);
  const total = totalmem();
  return { cores: coresOf(root), quota, memoryBytes: Math.min(memoryBytes ?? total, total) };
}

/** The smaller of cores and quota, rounded up. */
export function mostUseful({ cores, quota }: Pick<Machine, 'cores' | 'quota'>): number {
  const useful = Math.ceil(Math.min(cores, quota ?? cores));
  return Math.max(1, Math.min(useful, MOST_WORKERS));
}

/** A number, `'max'` (default) for one for each CPU that there is, or `'half'`. */
export function workersOf(value: unknown, its: Machine): number {
  const most = mostUseful(its);
  if (value === undefined || value === 'max') return most;
  if (value === 'half') return Math.ceil(most / 2);
  checkInteger('workers', value, 1, MOST_WORKERS, "'max', 'half' or ");
  return value as number;
}

/** In MB; a share, such as `'80%'`, is of what the machine gives, for each of so many workers. 0: none. */
export function memoryOf(value: unknown, workers: number, its: Machine): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') {
    checkInteger('maxMemoryMb', value, 0, Number.MAX_SAFE_INTEGER);
    return value;
  }
  const percent = Number(/^(\d{1,3}(?:\.\d+)?)%$/.exec(String(value))?.[1]);
  if (!(percent > 0 && percent <= 100)) {
    throw invalidOption('maxMemoryMb', "0, an integer, or a share from '1%' to '100%'", value);
  }
  return Math.max(1, Math.floor((its.memoryBytes * percent) / 100 / workers / 1e6));
}

/** For people: what the number of workers follows from. */
export function describeMachine({ cores, quota }: Machine): string {
  const text = cores === 1 ? '1 core' : `${cores} cores`;
  return quota === null ? text : `${text}, cgroup quota ${Number(quota.toFixed(2))}`;
}

/** Node's own figure has the quota in it in some versions, rounded down. */
function coresOf(root = '/'): number {
  try {
    const status = readFileSync(`${root}/proc/self/status`, 'utf8');
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '';
    const count = list.split(',').reduce((sum, range) => sum + lengthOf(range), 0);
    return count > 0 ? count : availableParallelism();
  } catch {
    return availableParallelism();
  }
}

/** `0-3`, or `5`. */
function lengthOf(range: string): number {
  const [first = Number.NaN, last = first] = range.split('-').map(Number);
  return last - first + 1;
}
