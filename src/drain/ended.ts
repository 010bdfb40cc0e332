/**
 * Idle connections that this side has ended and the client has not. They are ended for writing only: at
 * a close, a request that has just arrived, or is on its way, would be answered by a reset, which can
 * overtake the end (RFC 9112, 9.6). Such a request gets the end, and the program never sees it.
 */

import type { Socket } from 'node:net';
import { loadNative } from '../native/index.js';

export class Ended {
  readonly #endedAt = new Map<Socket, number>();

  has(socket: Socket): boolean {
    return this.#endedAt.has(socket);
  }

  /** False: something has arrived, so it is not idle. */
  end(socket: Socket): boolean {
    if (!endWriting(socket)) return false;
    this.#endedAt.set(socket, performance.now());
    socket.once('close', () => this.#endedAt.delete(socket));
    discard(socket);
    // Before the listener by which Node would end it, too.
    socket.prependOnceListener('end', () => socket.destroy());
    return true;
  }

  /** Those whose clients have not ended them for so long. */
  destroyAfter(ms: number): void {
    const now = performance.now();
    for (const [socket, endedAt] of this.#endedAt) if (now - endedAt >= ms) socket.destroy();
  }
}

/** In one call, as what arrives between looking and ending is lost. */
function endWriting(socket: Socket): boolean {
  const native = loadNative();
  // libuv's number of the socket, also below TLS.
  const fd = (socket as Socket & { _handle?: { fd?: number } | null })._handle?.fd ?? -1;
  if (native instanceof Error || fd < 0) {
    socket.end();
    return true;
  }
  const pending = native.endIfIdle(fd);
  // The client is gone.
  if (pending < 0) socket.destroy();
  return pending <= 0;
}

/** What comes is read, and goes nowhere: a listener of 'data' takes the socket from Node's HTTP parser. */
function discard(socket: Socket): void {
  socket.removeAllListeners('data');
  socket.on('data', () => {});
}
