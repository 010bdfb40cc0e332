/**
 * What a server has as its handle from listen() to the primary's answer, in a program that knows of no cluster: there
 * `listening` is true and `address()` known when the call returns, and `close()` closes. Not for port 0, which the
 * primary chooses, and not for an fd.
 */

import { existsSync } from 'node:fs';
import type { Server } from 'node:net';
import { isAlone } from './alone.js';

/** Of what Node.js asks for; see QueryServer. */
export interface Asked {
  address?: string | null;
  port?: number;
  addressType: unknown;
  fd?: number | undefined;
}

/** As `net.Server` has it. */
type Holder = Server & { _handle: object | null };

export class PendingHandle {
  readonly #server: Holder;
  /** Left out for a path, as its handles have none. */
  readonly getsockname?: (out: object) => number;
  #isClosed = false;

  constructor(server: Holder, { address = null, port = -1, addressType }: Asked) {
    this.#server = server;
    if (port < 0) return;
    const host = address ?? (existsSync('/proc/net/if_inet6') ? '::' : '0.0.0.0');
    const isV6 = address === null ? host === '::' : addressType === 6;
    this.getsockname = (out) => {
      Object.assign(out, { address: host, family: isV6 ? 'IPv6' : 'IPv4', port });
      return 0;
    };
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(callback?: () => void): void {
    this.#isClosed = true;
    if (callback !== undefined) setImmediate(callback);
  }

  /** Of a path; the primary does it. */
  fchmod(): number {
    return 0;
  }

  /** Until the answer something else keeps the process, whatever the program wants; the server knows what that is. */
  ref(): void {}

  unref(): void {}

  /** The answer is there. */
  release(): void {
    if (this.#server._handle === this) this.#server._handle = null;
  }
}

/**
 * Those whose question is under way. One that is closed before its answer is closed again with the primary then, and what
 * has been asked since waits for that: it may be for the same address.
 */
export class PendingHandles {
  readonly #asked = new Set<PendingHandle>();
  readonly #waiting: Array<[PendingHandle, ask: () => void]> = [];

  begin(pending: PendingHandle, ask: () => void): void {
    this.#waiting.push([pending, ask]);
    this.askNext();
  }

  /** It has its answer. `askNext()` is to follow, when that has been heeded. */
  end(pending: PendingHandle): void {
    this.#asked.delete(pending);
    pending.release();
  }

  /** Also what is closed by now: that it could not have listened is still to be told. */
  askNext(): void {
    while (![...this.#asked].some(({ isClosed }) => isClosed)) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const [pending, ask] = next;
      this.#asked.add(pending);
      ask();
    }
  }
}

/** Null where the program is to see nothing before the answer. */
export function pendingHandle(server: Server, asked: Asked): PendingHandle | null {
  const isKnown = asked.port !== 0 && (asked.fd ?? -1) < 0;
  if (!isAlone() || !isKnown) return null;
  const holder = server as Holder;
  const pending = new PendingHandle(holder, asked);
  holder._handle = pending;
  return pending;
}
