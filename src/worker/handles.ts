/**
 * Makes the handle that `net.Socket` takes from a received fd, and counts its end. Where a
 * connection becomes Node's.
 */

import { Socket } from 'node:net';
import type { StreamHandle } from './channel.js';

type HandleClass = new (type: number) => StreamHandle;

/** TCPConstants.SOCKET and PipeConstants.SOCKET: a connection, not a listener. */
const SOCKET = 0;

/** What a listener's connections are: TCP's, or a Unix socket's. */
export type StreamKind = 'tcp' | 'pipe';

/** Opens received fds as handles of Node's, and calls `onClosed` once for each when it closes. */
export class HandleFactory {
  readonly #duplicate: (fd: number) => number;
  readonly #onClosed: () => void;
  readonly #classes = new Map<StreamKind, HandleClass>();

  /** `duplicate` gives another number for an fd's socket, or -errno. */
  constructor(duplicate: (fd: number) => number, onClosed: () => void) {
    this.#duplicate = duplicate;
    this.#onClosed = onClosed;
  }

  /** Takes ownership of the fd, unless it returns a number: libuv's reason not to take it. */
  open(kind: StreamKind, fd: number): StreamHandle | number {
    let handleClass = this.#classes.get(kind);
    if (handleClass === undefined) {
      const duplicate = this.#duplicate(fd);
      if (duplicate < 0) return duplicate;
      handleClass = countingClass(nodesHandleClass(duplicate), this.#onClosed);
      this.#classes.set(kind, handleClass);
    }
    const handle = new handleClass(SOCKET);
    const result = handle.open(fd);
    if (result === 0) return handle;
    handle.close();
    return result;
  }
}

/**
 * Node's TCP or Pipe class, whichever is right for the socket behind `fd`, which is closed. There is no
 * public way to it, but `net.Socket` makes such a handle for an fd.
 */
function nodesHandleClass(fd: number): HandleClass {
  const options = { fd, manualStart: true } as ConstructorParameters<typeof Socket>[0];
  const probe = new Socket(options) as Socket & { _handle: StreamHandle };
  const handleClass = probe._handle.constructor as HandleClass;
  // Closes the duplicate alone; the connection stays open.
  probe.destroy();
  return handleClass;
}

function countingClass(base: HandleClass, onClosed: () => void): HandleClass {
  class CountingHandle extends base {
    #isOver = false;

    override close(callback?: () => void): void {
      this.#end();
      super.close(callback);
    }

    /** What `socket.resetAndDestroy()` calls instead of close. */
    override reset(callback?: () => void): number {
      this.#end();
      return super.reset(callback);
    }

    #end(): void {
      if (this.#isOver) return;
      this.#isOver = true;
      onClosed();
    }
  }
  // As it would be inspected without rondo.
  Object.defineProperty(CountingHandle, 'name', { value: base.name });
  return CountingHandle;
}
