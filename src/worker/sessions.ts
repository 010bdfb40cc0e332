/**
 * Sessions that this worker begins: the primary is told of them before a client can come back with one. One channel per
 * process knows how, whichever copy of rondo has opened it.
 */

import { invalidOption } from '../errors.js';
import { workerProcess } from './environment.js';

/** The bytes of ClaimKind in native/channel/frames.h. */
export const ClaimKind = { session: 0x69, ticket: 0x74 } as const;

/** kMaxClaim there. */
const LONGEST_ID = 1024;

/**
 * Tells the primary that the session `id` is this worker's: connections that show it, by what the listener's `sticky` names,
 * come here. To be called before the response by which the client learns the id; then also the client's very next
 * connection is dealt right. A session that is claimed anew, here or by another worker, moves.
 *
 * `id` is what the cookie or the parameter has, without its encoding: 1 to 1024 bytes. It counts for each listener that this
 * worker serves at that time. Does nothing in a process that is no worker, before `attach()` or `server.listen()`, with the ipc
 * transport, and where no listener is sticky.
 *
 * Throws `ERR_RONDO_INVALID_OPTION`.
 */
export function claimSession(id: string): void {
  tell(bytesOf(id), false);
}

/** The session is over: the primary forgets it, if it is this worker's still. As `claimSession()` otherwise. */
export function releaseSession(id: string): void {
  tell(bytesOf(id), true);
}

function tell(id: Uint8Array, isOver: boolean): void {
  workerProcess?.claim?.(ClaimKind.session, id, isOver);
}

function bytesOf(id: string): Uint8Array {
  const bytes = typeof id === 'string' ? Buffer.from(id) : Buffer.alloc(0);
  if (bytes.length >= 1 && bytes.length <= LONGEST_ID) return bytes;
  throw invalidOption('id', `a string of 1 to ${LONGEST_ID} bytes`, id);
}
