/** Servers that are to get no more connections, and are not to notice. */

import type { Server } from 'node:net';

/** What a server listens with: libuv's handle, which has an fd, or a stand-in of rondo or node:cluster. */
export interface Listening {
  fd?: number;
  close(): void;
}

/**
 * Closes what they listen with and not the servers: those find it closed when the program closes
 * them, and are done when their connections are.
 */
export function stopListening(
  servers: Iterable<Server>,
  isMeant: (listening: Listening) => boolean,
): void {
  for (const server of servers) {
    const handle = (server as Server & { _handle: Listening | null })._handle;
    if (handle !== null && isMeant(handle)) handle.close();
  }
}
