/** The limits of connections that workers have at once, on the ipc transport. */

import type { ListenerQueue } from './listener-queue.js';
import type { IpcSlot } from './slot.js';

/** Of the dispatcher (`most`), or of the listener. Those of slots are the slots' own; see room(). */
export function isAtLimit(
  queue: ListenerQueue,
  slots: readonly IpcSlot[],
  most: number | null,
): boolean {
  const ofListener = queue.options.maxConnections;
  return (
    (most !== null && sum(slots, (slot) => slot.work.load) >= most) ||
    (ofListener !== null && sum(slots, (slot) => slot.work.loadOf(queue.id)) >= ofListener)
  );
}

export function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}

/** Each of them has as many as it may; not where nobody serves. */
export function areAllAtLimit(serving: readonly IpcSlot[]): boolean {
  return serving.length > 0 && serving.every((slot) => slot.isAtLimit);
}
