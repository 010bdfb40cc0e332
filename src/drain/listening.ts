/** The servers whose connections do not come from rondo, which no primary keeps from coming. */

import type { Server } from 'node:net';
import { channelName } from '../worker/environment.js';

/** What a server listens with: libuv's handle, or the stand-in of node:cluster. */
interface Listening {
  fd?: number;
  close(): void;
}

/**
 * Closes what they listen with and not the servers: those find it closed when the program closes
 * them, and are done when their connections are.
 */
export function stopListening(servers: Iterable<Server>): void {
  for (const server of servers) {
    const handle = (server as Server & { _handle: Listening | null })._handle;
    if (handle === null) continue;
    // A handle with an fd listens by itself: 'exclusive', SCHED_NONE, or a fd of its own.
    if (channelName === undefined || handle.fd !== undefined) handle.close();
  }
}
