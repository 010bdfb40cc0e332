/**
 * What the control groups of this process allow it (cgroups(7)): version 1 and 2, and hybrids of both. A limit may be
 * set at any level, so the tightest from the process's own group up to the root of what is mounted counts. Whatever
 * cannot be read limits nothing.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface CgroupLimits {
  /** In CPUs, such as 2.5; null without one. */
  quota: number | null;
  memoryBytes: number | null;
}

/** Where a controller is found: the directory of the process's group, and the top of what is mounted. */
interface Place {
  version: 1 | 2;
  directory: string;
  top: string;
}

interface Mount {
  type: string;
  /** The part of the hierarchy that is mounted. */
  root: string;
  at: string;
  controllers: string[];
}

/** `root` is where `/proc` and `/sys` are. */
export function cgroupLimits(root = '/'): CgroupLimits {
  const places = placesOf(root);
  return {
    quota: least([...levels(places.cpu, quotaV1, quotaV2)]),
    memoryBytes: least([...levels(places.memory, memoryV1, memoryV2)]),
  };
}

/** How many processes of the process's group, or of groups in it, the kernel has killed because memory was exhausted. */
export function oomKills(root = '/'): number {
  const { memory } = placesOf(root);
  return Math.max(
    0,
    ...memory.map(({ version, directory }) =>
      version === 2
        ? fieldOf(read(path.join(directory, 'memory.events')), 'oom_kill')
        : fieldOf(read(path.join(directory, 'memory.oom_control')), 'oom_kill'),
    ),
  );
}

/** The innermost groups of this process. */
export function placesOf(root: string): { cpu: Place[]; memory: Place[] } {
  const groups = groupsOf(read(path.join(root, 'proc/self/cgroup')));
  const mounts = mountsOf(read(path.join(root, 'proc/self/mountinfo')));
  const find = (controller: string): Place[] =>
    mounts.flatMap(({ type, root: mounted, at, controllers }) => {
      const version = type === 'cgroup2' ? 2 : 1;
      if (version === 1 && !controllers.includes(controller)) return [];
      const group = groups.get(version === 2 ? '' : controller);
      if (group === undefined) return [];
      const top = path.join(root, at);
      return [{ version, top, directory: path.join(top, below(mounted, group)) } as const];
    });
  return { cpu: find('cpu'), memory: find('memory') };
}

/** By the name of a controller; '' is that of version 2. */
function groupsOf(text: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, id, controllers = '', group = ''] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (id === undefined) continue;
    for (const controller of controllers.split(',')) groups.set(controller, group);
  }
  return groups;
}

/** See proc_pid_mountinfo(5). */
function mountsOf(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', at = ''] = before.split(' ').map(unescaped);
    const [type = '', , options = ''] = after.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    return [{ type, root, at, controllers: options.split(',') }];
  });
}

/** In octal, for what would end a field. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** A group outside of what is mounted, as a container without a namespace of its own may have, is its root. */
function below(mounted: string, group: string): string {
  if (mounted === '/') return group.startsWith('/..') ? '/' : group;
  if (group === mounted) return '/';
  return group.startsWith(`${mounted}/`) ? group.slice(mounted.length) : '/';
}

function* levels(
  places: readonly Place[],
  v1: (directory: string) => number | null,
  v2: (directory: string) => number | null,
): Generator<number> {
  for (const { version, directory, top } of places) {
    for (let at = directory; ; at = path.dirname(at)) {
      const limit = version === 1 ? v1(at) : v2(at);
      if (limit !== null) yield limit;
      if (at === top || !at.startsWith(top)) break;
    }
  }
}

function quotaV2(directory: string): number | null {
  const [quota, period] = read(path.join(directory, 'cpu.max')).split(' ').map(Number);
  return share(quota, period);
}

function quotaV1(directory: string): number | null {
  const quota = Number(read(path.join(directory, 'cpu.cfs_quota_us')) || Number.NaN);
  const period = Number(read(path.join(directory, 'cpu.cfs_period_us')) || Number.NaN);
  return share(quota, period);
}

/** Null for `max`, and for -1, which stand for none. */
function share(quota = Number.NaN, period = Number.NaN): number | null {
  return quota > 0 && period > 0 ? quota / period : null;
}

function memoryV2(directory: string): number | null {
  const limits = ['memory.max', 'memory.high'].map((name) => bytesIn(path.join(directory, name)));
  return least(limits.filter((limit) => limit !== null));
}

function memoryV1(directory: string): number | null {
  const stat = read(path.join(directory, 'memory.stat'));
  // Also that of groups that cannot be seen from here.
  const ofAll = bytesOf(/^hierarchical_memory_limit (\d+)$/m.exec(stat)?.[1]);
  const own = bytesIn(path.join(directory, 'memory.limit_in_bytes'));
  return least([ofAll, own].filter((limit) => limit !== null));
}

/** Without one, version 1 has a number near 2^63. */
function bytesIn(file: string): number | null {
  return bytesOf(read(file));
}

function bytesOf(text = ''): number | null {
  const bytes = Number(text || Number.NaN);
  return bytes > 0 && bytes < 2 ** 60 ? bytes : null;
}

function fieldOf(text: string, name: string): number {
  const value = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1];
  return value === undefined ? 0 : Number(value);
}

function least(limits: readonly number[]): number | null {
  return limits.length === 0 ? null : Math.min(...limits);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
