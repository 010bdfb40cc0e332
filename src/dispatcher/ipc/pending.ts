/**
 * What is on its way to one process: sent with Node's `subprocess.send(message, handle)`, and not
 * yet answered. Node does not close a raw handle it has sent, so each connection stays open here
 * until the worker has said whether it takes it; one that never got there is dealt to another.
 */

import type { ChildProcess } from 'node:child_process';
import { after } from '../../hidden-listeners.js';
import type { ToWorker } from '../../protocol/ipc-messages.js';
import type { Connection, RawHandle } from './connection.js';

export interface HandOff {
  readonly connection: Connection;
  readonly sentAt: number;
  isWritten: boolean;
  /** Node in the worker has the handle, and gives it to rondo there whatever happens here. */
  isDelivered: boolean;
  isAbandoned: boolean;
}

export type OnNotSent = (connection: Connection, error: NodeJS.ErrnoException) => void;

export class Pending {
  readonly #child: ChildProcess;
  readonly #handOffs = new Map<number, HandOff>();
  readonly #onNotSent: OnNotSent;
  #nextId = 0;

  /** `onNotSent` gets a connection back that is pending no more. */
  constructor(child: ChildProcess, onNotSent: OnNotSent) {
    this.#child = child;
    this.#onNotSent = onNotSent;
  }

  get size(): number {
    return this.#handOffs.size;
  }

  countOf(listener: number): number {
    let count = 0;
    for (const { connection } of this.#handOffs.values()) {
      if (connection.listener === listener) count++;
    }
    return count;
  }

  /** When the first of them was sent, or null. */
  get oldestSentAt(): number | null {
    const [oldest] = this.#handOffs.values();
    return oldest === undefined ? null : oldest.sentAt;
  }

  send(connection: Connection, isFinal: boolean, now: number): void {
    const id = this.#nextId++;
    const { listener, handle } = connection;
    const handOff = {
      connection,
      sentAt: now,
      isWritten: false,
      isDelivered: false,
      isAbandoned: false,
    };
    this.#handOffs.set(id, handOff);
    const message = { cmd: 'NODE_RONDO_CONNECTION', id, listener, isFinal } as const;
    sendTo(this.#child, message, handle, (error) => this.#onWritten(id, handOff, error));
  }

  /** What the worker answers to, which is pending no more. */
  take(id: number): HandOff | undefined {
    const handOff = this.#handOffs.get(id);
    this.#handOffs.delete(id);
    return handOff;
  }

  /**
   * On Node's own acknowledgement of a handle. There is one handle at a time on its way to a
   * process: if one of ours is written and not delivered, it is that; else one of the program's.
   */
  acknowledge(): void {
    for (const handOff of this.#handOffs.values()) {
      if (handOff.isDelivered) continue;
      handOff.isDelivered = handOff.isWritten;
      return;
    }
  }

  /**
   * When nothing more will be heard from the process: what it did not get. The rest is the worker's,
   * which takes it, or ended with it; only its answer is lost.
   */
  reclaim(): Connection[] {
    const reclaimed: Connection[] = [];
    for (const { connection, isDelivered } of this.#handOffs.values()) {
      if (isDelivered) connection.handle.close();
      else reclaimed.push(connection);
    }
    this.#handOffs.clear();
    return reclaimed;
  }

  /** Leaves everything to the worker. A message that is written reaches it even without us. */
  abandon(): void {
    for (const handOff of this.#handOffs.values()) {
      const { handle } = handOff.connection;
      handOff.isAbandoned = true;
      if (handOff.isWritten) handle.close();
      // Then #onWritten() is not called. To close a handle twice does no harm.
      else after(this.#child, 'disconnect', () => handle.close());
    }
    this.#handOffs.clear();
  }

  #onWritten(id: number, handOff: HandOff, error: Error | null): void {
    const { connection } = handOff;
    handOff.isWritten = true;
    if (handOff.isAbandoned) connection.handle.close();
    // If it is pending no more, it has been reclaimed meanwhile.
    else if (error !== null && this.#handOffs.delete(id)) this.#onNotSent(connection, error);
  }
}

/** Never throws and never makes the child emit 'error': failure is told to the callback alone. */
export function sendTo(
  child: ChildProcess,
  message: ToWorker,
  handle?: RawHandle,
  onWritten: (error: Error | null) => void = () => {},
): void {
  child.send?.(message, handle as never, {}, onWritten);
}
