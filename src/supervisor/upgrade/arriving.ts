/**
 * Connections from another process, which has this one's listeners: from the old one in the new one, or back from a new
 * one that is called off. Each message of the socket has one, and says of which listener it is. What there is no descriptor for stays in the socket until there is one.
 */

import { closeSync } from 'node:fs';
import type { Passing } from '../../dispatcher/transport.js';
import { loadNative, type Native } from '../../native/index.js';
import type { IdleMessage } from './protocol.js';

/** More than a message has. */
const MOST_BYTES = 8_192;
/** How soon it is looked again for a descriptor. */
const RETRY_MS = 20;

export interface ArrivingHost {
  passing: Passing;
  /** The id here of the listener at that place of the manifest; null: it is not open. */
  listenerAt(index: number): number | null;
  /** So many have come. */
  onGot(count: number): void;
  /** None comes any more. */
  onClosed(): void;
}

export class Arriving {
  readonly #fd: number;
  readonly #host: ArrivingHost;
  readonly #buffer = Buffer.alloc(MOST_BYTES);
  #state: 'open' | 'ending' | 'closed' = 'open';
  #timer: NodeJS.Timeout | undefined;

  /** Takes ownership of the fd. */
  constructor(fd: number, host: ArrivingHost) {
    this.#fd = fd;
    this.#host = host;
  }

  /** All that has come. */
  read(): void {
    clearTimeout(this.#timer);
    const native = loadNative();
    if (this.#state === 'closed' || native instanceof Error) return;
    let count = 0;
    while (this.#readOne(native)) count++;
    if (count > 0) this.#host.onGot(count);
  }

  /** The other one sends nothing more. */
  end(): void {
    if (this.#state === 'open') this.#state = 'ending';
    this.read();
  }

  /** False: nothing more has come, or it cannot be taken yet. */
  #readOne(native: Native): boolean {
    const spare = native.dupFd(this.#fd);
    if (spare < 0) {
      this.#timer = setTimeout(() => this.read(), RETRY_MS);
      return false;
    }
    native.closeFd(spare);
    const received = native.receiveFds(this.#fd, 1, this.#buffer);
    if (typeof received === 'number' || received.bytes === 0) {
      // Of one that has ended nothing comes later.
      if (typeof received !== 'number' || this.#state === 'ending') this.#close();
      return false;
    }
    const { bytes, fds } = received;
    this.#give(fds[0] ?? -1, this.#buffer.toString('utf8', 0, bytes));
    return true;
  }

  #give(fd: number, text: string): void {
    const { passing, listenerAt } = this.#host;
    const { listener: index, idleMs, at, isDue, about } = JSON.parse(text) as IdleMessage;
    const listener = listenerAt(index);
    if (fd < 0 || listener === null) return passing.end(fd, false);
    passing.give({
      fd,
      listener,
      idleMs: idleMs === 0 ? 0 : Math.max(1, Math.round(idleMs - (monotonicMs() - at))),
      isDue,
      about: about === null ? null : Buffer.from(about, 'base64'),
    });
  }

  #close(): void {
    this.#state = 'closed';
    closeSync(this.#fd);
    this.#host.onClosed();
  }
}

/** The same in every process of the machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
