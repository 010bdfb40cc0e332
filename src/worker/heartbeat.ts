/** How often this process shows that its loop turns, from when its channel opens. */

let intervalMs = 0;

/** 0: never. To be called before the channel opens. */
export function setHeartbeat(ms: number): void {
  intervalMs = ms;
}

export function heartbeatMs(): number {
  return intervalMs;
}
