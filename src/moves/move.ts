/** Moves those of some connections that may go and are idle at this moment. */

import type { Socket } from 'node:net';
import { isIdle, mayMove, TimeLeft } from './http-idle.js';
import { IdleParsers } from './http-socket.js';

/** The worker's end of it; see worker/release.ts. */
export interface Giver {
  canGiveBack(socket: Socket): boolean;
  /** False: it stays as it is. */
  giveBack(socket: Socket, idleMs: number): boolean;
}

/**
 * Returns how many, at most `most`. Not while one of their events is emitted: a parser that calls back may have more
 * in its hands. Those that never were used are among them if `isUnusedToo`.
 */
export function moveIdle(
  sockets: Iterable<Socket>,
  giver: Giver,
  { most = Number.POSITIVE_INFINITY, isUnusedToo = false } = {},
): number {
  const parsers = new IdleParsers();
  const left = new TimeLeft();
  let count = 0;
  for (const socket of sockets) {
    if (count >= most) break;
    if (!giver.canGiveBack(socket) || !isIdle(socket, parsers, isUnusedToo)) continue;
    if (mayMove(socket) && giver.giveBack(socket, left.of(socket))) count++;
  }
  return count;
}
