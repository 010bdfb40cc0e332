/** No worker outlives its primary, however that one ends and whatever the worker is stuck in. */

import { constants } from 'node:os';
import { loadNative } from '../../native.js';
import { IPC_CHANNEL } from '../../protocol.js';
import { channelName } from '../../worker/environment.js';

/**
 * Where the addon is in use. Elsewhere a worker ends when its IPC channel closes, which it has to be
 * able to notice.
 */
export function dieWithPrimary(): void {
  if (channelName === undefined || channelName === IPC_CHANNEL) return;
  const native = loadNative();
  if (native instanceof Error) return;
  const { ppid } = process;
  native.dieWithParent(constants.signals.SIGKILL);
  // It ended in between. What ended before has closed the IPC channel, which is noticed by then.
  if (process.ppid !== ppid) process.exit();
}
