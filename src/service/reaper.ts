/**
 * As PID 1 of a container: processes whose parents have died become this one's children, and stay as
 * zombies unless it waits for them. Node waits only for those that it has spawned.
 */

import { readFileSync } from 'node:fs';
import { loadNative } from '../native/index.js';

/** Reaps what is not in `own()`, whenever a child has ended. Does nothing but as PID 1. */
export function reapOrphans(own: () => ReadonlySet<number>): void {
  if (process.pid !== 1) return;
  const native = loadNative();
  if (native instanceof Error) return;
  process.on('SIGCHLD', () => {
    const spawned = own();
    for (const pid of children()) if (!spawned.has(pid)) native.reap(pid);
  });
}

/** Orphans become children of the main thread, which is the one that spawns, too. */
function children(): number[] {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
