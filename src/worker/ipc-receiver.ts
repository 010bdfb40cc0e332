/**
 * Receive, on the ipc transport: each connection comes as a handle with an internal message of
 * Node's IPC channel, and is given to its server, or refused, once the primary has been told.
 */

import { channels } from '../channels.js';
import { RondoError } from '../errors.js';
import { after } from '../hidden-listeners.js';
import {
  asRondoMessage,
  type EndedCounts,
  type NodeHandleMessage,
  type ToPrimary,
  type ToWorker,
} from '../protocol/ipc-messages.js';
import { decodeState, PROTOCOL_VERSION } from '../protocol/protocol.js';
import {
  type ChannelUser,
  checkVersion,
  type StreamHandle,
  type WorkerChannel,
} from './channel.js';
import { serveTold } from './told-connection.js';
import { onTransferred } from './transfers.js';

/** Node's channel beyond its public API: it counts who wants it to keep the process running. */
interface NodeChannel {
  ref(): void;
  unref(): void;
  refCounted?(): void;
  unrefCounted?(): void;
}

type ConnectionMessage = Extract<ToWorker, { cmd: 'NODE_RONDO_CONNECTION' }>;

/** The primary learns of connections that ended no later than this, unless a message goes before. */
const ENDED_REPORT_MS = 20;

/** Says hello to the primary. Throws `ERR_RONDO_CHANNEL` if the process has no IPC channel. */
export function openIpcChannel(user: ChannelUser): WorkerChannel {
  return new IpcChannel(user);
}

class IpcChannel implements WorkerChannel {
  /** Node's channel takes a handle from a worker, too, but not what has come for it meanwhile. */
  readonly givesBack = null;
  readonly #user: ChannelUser;
  /** The connections that are served, with their listeners. */
  readonly #open = new Map<StreamHandle, number>();
  /** By listener: how many are over that the primary has not been told of. */
  readonly #ended = new Map<number, number>();
  readonly #countingClose: PropertyDescriptor;
  /** What `socket.resetAndDestroy()` calls instead of close. */
  readonly #countingReset: PropertyDescriptor;
  readonly #stopListening: ReadonlyArray<() => void>;
  #reportTimer: NodeJS.Timeout | null = null;
  #hasState = false;
  #hasRef = false;
  #isEnded = false;

  constructor(user: ChannelUser) {
    this.#user = user;
    const countClosed = this.#countClosed.bind(this);
    // Not enumerable, so that a handle is inspected as it would be without rondo.
    this.#countingClose = {
      writable: true,
      value(this: StreamHandle, callback?: () => void): void {
        countClosed(this).close.call(this, callback);
      },
    };
    this.#countingReset = {
      writable: true,
      value(this: StreamHandle, callback?: () => void): number {
        return countClosed(this).reset.call(this, callback);
      },
    };
    if (process.send === undefined || !process.connected) {
      throw new RondoError(
        'ERR_RONDO_CHANNEL',
        "This process has no IPC channel to its primary. Start it with the 'stdio' of a slot",
      );
    }
    this.#stopListening = [
      after(process, 'internalMessage', this.#onMessage),
      after(process, 'disconnect', () => this.#end()),
    ];
    onTransferred((handle) => void countClosed(handle as StreamHandle));
    this.#sayHello();
  }

  setServing(listeners: number[]): void {
    this.#send({ cmd: 'NODE_RONDO_SERVING', listeners });
  }

  /** There is no scoreboard to show it on. */
  claim(): void {}

  beat(): void {}

  ref(): void {
    if (this.#hasRef || this.#isEnded) return;
    this.#hasRef = true;
    refChannel();
  }

  unref(): void {
    if (!this.#hasRef) return;
    this.#hasRef = false;
    unrefChannel();
  }

  #sayHello(): void {
    this.#send({ cmd: 'NODE_RONDO_HELLO', version: PROTOCOL_VERSION });
  }

  readonly #onMessage = (raw: unknown, handle?: StreamHandle | null): void => {
    const message = asRondoMessage(raw) as ToWorker | null;
    if (message === null) {
      if (handle == null) this.#onHandleMissed(raw);
      return;
    }
    switch (message.cmd) {
      case 'NODE_RONDO_CALL':
        if (!this.#hasState) this.#sayHello();
        return;
      case 'NODE_RONDO_STATE':
        this.#hasState = true;
        checkVersion(message.version);
        this.#user.onState(decodeState(message.state));
        return;
      case 'NODE_RONDO_CONNECTION':
        if (handle != null) this.#receive(message, handle);
        return;
      case 'NODE_RONDO_END':
        this.#end();
    }
  };

  #receive({ id, listener, isFinal }: ConnectionMessage, handle: StreamHandle): void {
    let isAccepted = false;
    try {
      isAccepted = this.#user.accepts(listener, isFinal);
    } finally {
      // Also when it threw: a property of the server is a getter of the program's.
      if (!isAccepted) {
        handle.close();
        this.#send({ cmd: 'NODE_RONDO_REFUSED', id });
      }
    }
    if (!isAccepted) return;
    this.#countUntilClosed(handle, listener);
    // Before anything is read from it. Whether this arrives does not matter: Node has acknowledged
    // the handle already, and the primary gives it to no other after that.
    const ended = this.#takeEnded();
    this.#send({ cmd: 'NODE_RONDO_RECEIVED', id, ...(ended.length > 0 && { ended }) });
    if (!channels.connection.hasSubscribers) return this.#user.serve(listener, handle);
    serveTold(listener, null, () => this.#user.serve(listener, handle));
  }

  /** Node has answered NODE_HANDLE_NACK, after which it would forget the connection. */
  #onHandleMissed(raw: unknown): void {
    const { cmd, msg } = (raw ?? {}) as Partial<NodeHandleMessage>;
    if (cmd !== 'NODE_HANDLE') return;
    const message = asRondoMessage(msg) as ConnectionMessage | null;
    if (message !== null) this.#send({ cmd: 'NODE_RONDO_MISSED', id: message.id });
  }

  #countUntilClosed(handle: StreamHandle, listener: number): void {
    this.#open.set(handle, listener);
    Object.defineProperty(handle, 'close', this.#countingClose);
    // A pipe has none.
    if (handle.reset !== undefined) Object.defineProperty(handle, 'reset', this.#countingReset);
  }

  #countClosed(handle: StreamHandle): StreamHandle {
    const listener = this.#open.get(handle);
    if (listener !== undefined) {
      this.#open.delete(handle);
      this.#ended.set(listener, (this.#ended.get(listener) ?? 0) + 1);
      this.#reportSoon();
    }
    return Object.getPrototypeOf(handle);
  }

  #reportSoon(): void {
    if (this.#reportTimer !== null || this.#isEnded) return;
    this.#reportTimer = setTimeout(() => {
      this.#reportTimer = null;
      const ended = this.#takeEnded();
      if (ended.length > 0) this.#send({ cmd: 'NODE_RONDO_ENDED', ended });
    }, ENDED_REPORT_MS).unref();
  }

  #takeEnded(): EndedCounts {
    const ended = [...this.#ended];
    this.#ended.clear();
    return ended;
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.unref();
    for (const stop of this.#stopListening) stop();
    this.#user.onEnd();
  }

  /** Failure means that the channel is closed, and 'disconnect' says so too. */
  #send(message: ToPrimary): void {
    process.send?.(message, undefined, undefined, () => {});
  }
}

function refChannel(): void {
  const channel = process.channel as NodeChannel | null | undefined;
  if (channel?.refCounted !== undefined) channel.refCounted();
  else channel?.ref();
}

function unrefChannel(): void {
  const channel = process.channel as NodeChannel | null | undefined;
  if (channel?.unrefCounted !== undefined) channel.unrefCounted();
  else channel?.unref();
}
