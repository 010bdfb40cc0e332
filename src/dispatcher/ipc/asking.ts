/**
 * Policies that are functions, on the ipc transport: what has come since the last time is asked in one
 * call per listener, as many connections as there is room for, once what the loop has to do is done.
 */

import type { PickSlot } from '../../types/policy.js';
import type { Peer } from '../transport.js';
import { clockMs } from './clock.js';
import { type Connection, peerOf } from './connection.js';
import { sum } from './limits.js';
import type { ListenerQueue } from './listener-queue.js';
import type { IpcSlot } from './slot.js';

export interface AskingUser {
  /** Asks the function: a slot's number for each, or -1. */
  onPick(listener: number, peers: readonly Peer[], slots: readonly PickSlot[]): number[];
  onPickTimedOut(listener: number, count: number): void;
}

/**
 * Those it has decided on, in their order, with the slot that it has named for each or none. Empty if
 * there is nothing to ask, or no room.
 */
export function ask(
  queue: ListenerQueue,
  serving: readonly IpcSlot[],
  limits: { window: number; timeoutMs: number },
  user: AskingUser,
): Connection[] {
  const room = sum(serving, (slot) => slot.room(limits.window));
  const connections = queue.takeUndecided(room);
  if (connections.length === 0) return [];
  const begin = clockMs();
  const slots = serving.map((slot) => pickSlot(slot, begin));
  const answers = user.onPick(queue.id, connections.map(peerOf), slots);
  const isLate = clockMs() - begin > limits.timeoutMs;
  if (isLate) user.onPickTimedOut(queue.id, connections.length);
  for (const [index, connection] of connections.entries()) {
    const named = isLate ? undefined : serving.find(({ slot }) => slot === answers[index]);
    connection.named = named ?? null;
    connection.mayWait = named !== undefined;
  }
  return connections;
}

function pickSlot(slot: IpcSlot, now: number): PickSlot {
  const { open, pending } = slot.work;
  return {
    id: slot.slot,
    open: open.total,
    pending: pending.size,
    loopDelayMs: slot.work.answerDelayMs(now),
    utilisation: null,
    weight: slot.weight,
  };
}
