/** How often this process shows that its loop turns, from when its channel opens. */

import { workerProcess } from './environment.js';

/** 0: never. To be called before the channel opens. */
export function setHeartbeat(ms: number): void {
  if (workerProcess !== undefined) workerProcess.heartbeatMs = ms;
}
