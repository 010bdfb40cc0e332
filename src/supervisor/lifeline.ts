/** No process outlives the one that started it, however that one ends and whatever it is stuck in. */

import { constants } from 'node:os';
import { loadNative } from '../native/index.js';

/**
 * Where the addon is. Elsewhere a process ends when its IPC channel closes, which it has to be able to
 * notice.
 */
export function dieWithParent(): void {
  const native = loadNative();
  if (native instanceof Error) return;
  const { ppid } = process;
  native.dieWithParent(constants.signals.SIGKILL);
  // It ended in between. What ended before has closed the IPC channel, which is noticed by then.
  if (process.ppid !== ppid) process.exit();
}

/** From now on it does, as one that was started to take its place. */
export function outliveParent(): void {
  const native = loadNative();
  if (!(native instanceof Error)) native.dieWithParent(0);
}
