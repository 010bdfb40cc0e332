/**
 * Makes the handle that `net.Socket` takes from a received fd, and counts its end. Where a
 * connection becomes Node's.
 */

import { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Native } from '../native/index.js';
import { About } from './about.js';
import type { StreamHandle } from './channel.js';
import { noteAbout } from './proxy-header.js';
import { onTransferred } from './transfers.js';

type HandleClass = new (type: number) => StreamHandle;

/** Node's class, with handles that count their end. */
type CountingClass = HandleClass & {
  /** From now on the handle is a connection of that listener, to be counted when it closes. */
  countEndOf(handle: StreamHandle, listener: number): void;
  /** -1: it is no connection, or not this process's any more. */
  listenerOf(handle: object): number;
  /** Its end is not this process's to count. */
  forget(handle: object): void;
  /** It is over for this process, though it is not closed here. */
  end(handle: object): void;
};

/** TCPConstants.SOCKET and PipeConstants.SOCKET: a connection, not a listener. */
const SOCKET = 0;

/** Its handles say of both ends what a PROXY header has said. */
type ToldClass = CountingClass & {
  tell(handle: StreamHandle, about: About): void;
};

/** Node has no name then, as of a Unix socket. */
const NOT_CONNECTED = -constants.errno.ENOTCONN;

/** What a connection is: TCP's, or a Unix socket's. */
export type StreamKind = 'tcp' | 'pipe';

/**
 * One connection of that listener is over. In memory that the primary reads, so nothing has to be
 * called for it; the numbers wrap.
 */
export function countEnded(ended: Uint32Array, listener: number): void {
  ended[0] = (ended[0] as number) + 1;
  ended[1 + listener] = (ended[1 + listener] as number) + 1;
}

/** Opens received fds as handles of Node's, each of which is counted once when it closes. */
export class HandleFactory {
  readonly #native: Pick<Native, 'dupFd' | 'closeFd'>;
  readonly #ended: Uint32Array;
  readonly #classes = new Map<StreamKind, CountingClass>();
  readonly #toldClasses = new Map<StreamKind, ToldClass>();

  constructor(native: Pick<Native, 'dupFd' | 'closeFd'>, ended: Uint32Array) {
    this.#native = native;
    this.#ended = ended;
    onTransferred((handle) => {
      for (const handleClass of this.#classes.values()) handleClass.end(handle);
    });
  }

  /**
   * Takes ownership of the fd, unless it returns -errno or throws; then nothing is counted either. `about`: of a
   * connection that began with a PROXY header.
   */
  open(
    kind: StreamKind,
    fd: number,
    listener: number,
    about: Uint8Array | null = null,
  ): StreamHandle | number {
    const counting = this.#countingClass(kind, fd);
    if (typeof counting === 'number') return counting;
    const told = about === null ? null : this.#toldClass(kind, counting);
    const handleClass = told ?? counting;
    const handle = new handleClass(SOCKET);
    const result = handle.open(fd);
    if (result !== 0) {
      handle.close();
      return result;
    }
    handleClass.countEndOf(handle, listener);
    if (about !== null) told?.tell(handle, new About(about));
    return handle;
  }

  #countingClass(kind: StreamKind, fd: number): CountingClass | number {
    let handleClass = this.#classes.get(kind);
    if (handleClass === undefined) {
      const duplicate = this.#native.dupFd(fd);
      if (duplicate < 0) return duplicate;
      handleClass = countingClass(this.#nodesHandleClass(duplicate), this.#ended);
      this.#classes.set(kind, handleClass);
    }
    return handleClass;
  }

  #toldClass(kind: StreamKind, base: CountingClass): ToldClass {
    let handleClass = this.#toldClasses.get(kind);
    if (handleClass === undefined) {
      handleClass = toldClass(base);
      this.#toldClasses.set(kind, handleClass);
    }
    return handleClass;
  }

  /** Of a handle that was opened here and has not been closed; else -1. */
  listenerOf(handle: object): number {
    for (const handleClass of this.#classes.values()) {
      const listener = handleClass.listenerOf(handle);
      if (listener >= 0) return listener;
    }
    return -1;
  }

  /** It was given back: its end is not counted here. */
  forget(handle: object): void {
    for (const handleClass of this.#classes.values()) handleClass.forget(handle);
  }

  /**
   * Node's TCP or Pipe class, whichever is right for the socket behind `fd`, which is closed. There is
   * no public way to it, but `net.Socket` makes such a handle for an fd.
   */
  #nodesHandleClass(fd: number): HandleClass {
    const options = { fd, manualStart: true } as ConstructorParameters<typeof Socket>[0];
    let probe: Socket & { _handle: StreamHandle };
    try {
      probe = new Socket(options) as typeof probe;
    } catch (error) {
      this.#native.closeFd(fd);
      throw error;
    }
    const handleClass = probe._handle.constructor as HandleClass;
    // Closes the duplicate alone; the connection stays open.
    probe.destroy();
    return handleClass;
  }
}

// The classes below have no name in their source, or each stack trace of a connection's error would tell it:
// "at TCP.onStreamRead" is what is read there without rondo.

function countingClass(base: HandleClass, ended: Uint32Array): CountingClass {
  return named(
    base.name,
    class extends base {
      /** Or -1: it is no connection yet, or no longer. */
      #listener = -1;

      static countEndOf(handle: object, listener: number): void {
        if (#listener in handle) handle.#listener = listener;
      }

      static listenerOf(handle: object): number {
        return #listener in handle ? handle.#listener : -1;
      }

      static forget(handle: object): void {
        if (#listener in handle) handle.#listener = -1;
      }

      static end(handle: object): void {
        if (#listener in handle) handle.#end();
      }

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
        const listener = this.#listener;
        if (listener < 0) return;
        this.#listener = -1;
        countEnded(ended, listener);
      }
    },
  ) as unknown as CountingClass;
}

/** Also TLS and HTTP/2 ask this handle, which is below theirs. */
function toldClass(base: CountingClass): ToldClass {
  return named(
    base.name,
    class extends base {
      #about: About | null = null;

      static tell(handle: object, about: About): void {
        if (#about in handle) handle.#about = about;
        noteAbout(handle, about);
      }

      override getpeername(out: object): number {
        const isTold = this.#about?.nameInto(out, true) ?? null;
        if (isTold === null) return super.getpeername?.(out) ?? NOT_CONNECTED;
        return isTold ? 0 : NOT_CONNECTED;
      }

      override getsockname(out: object): number {
        const isTold = this.#about?.nameInto(out, false) ?? null;
        if (isTold === null) return super.getsockname?.(out) ?? NOT_CONNECTED;
        return isTold ? 0 : NOT_CONNECTED;
      }
    },
  ) as unknown as ToldClass;
}

function named<Class extends object>(name: string, nameless: Class): Class {
  return Object.defineProperty(nameless, 'name', { value: name });
}
