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
  readonly #onClosed: () => void;
  readonly #classes = new Map<StreamKind, HandleClass>();

  constructor(onClosed: () => void) {
    this.#onClosed = onClosed;
  }

  /** Takes ownership of the fd, unless it returns a number: libuv's reason not to take it. */
  open(kind: StreamKind, fd: number): StreamHandle | number {
    let handleClass = this.#classes.get(kind);
    if (handleClass === undefined) {
      handleClass = countingClass(nodesHandleClass(kind), this.#onClosed);
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
 * Node's TCP or Pipe class. There is no public way to it, but a socket makes its handle as soon as
 * it begins to connect, which neither of these will ever have done.
 */
function nodesHandleClass(kind: StreamKind): HandleClass {
  const probe = new Socket() as Socket & { _handle: StreamHandle };
  probe.on('error', () => {});
  if (kind === 'tcp') {
    probe.connect({ host: 'rondo.invalid', port: 1, lookup: () => {} });
  } else {
    // A directory: refused by the kernel at once.
    probe.connect({ path: '/' });
  }
  const handleClass = probe._handle.constructor as HandleClass;
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
