/** Whether something has arrived for a connection that has not been read. */

import type { Socket } from 'node:net';
import { loadNative } from '../native/index.js';

/** Never, where the addon is not: then what comes between a turn's reading and its end is lost. */
export function hasPendingBytes(socket: Socket | object): boolean {
  const native = loadNative();
  if (native instanceof Error) return false;
  // libuv's number of the socket, also below TLS and HTTP/2.
  const fd = (socket as { _handle?: { fd?: number } | null })._handle?.fd;
  return fd !== undefined && fd >= 0 && native.pendingBytes(fd) > 0;
}
