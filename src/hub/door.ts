/**
 * Who is let in to a directory or a member. A connection counts for nothing before its first bytes are the preamble;
 * those that have not said so are few and have little time. What comes in then is cut into frames; a bad
 * one ends its connection and no other.
 */

import type { Socket } from 'node:net';
import { FrameReader, isPreamble, mayBePreamble, PREAMBLE_BYTES, preamble } from './frames.js';

/** For the preamble, which comes in the first packet. */
const PREAMBLE_MS = 5_000;

/** More than these at once that have said nothing: the oldest is closed. */
const MOST_STRANGERS = 64;

/** What a connection's frames are given to. */
export interface Guest {
  /** May throw, which ends the connection. */
  onFrame(payload: Buffer): void;
  onClose(): void;
}

export class Door {
  #refused = 0;
  readonly #expected: Buffer;
  readonly #maxBytes: number;
  readonly #admit: (socket: Socket) => Guest;
  readonly #strangers = new Set<Socket>();
  readonly #sockets = new Set<Socket>();

  constructor(token: Buffer, maxBytes: number, admit: (socket: Socket) => Guest) {
    this.#expected = preamble(token);
    this.#maxBytes = maxBytes;
    this.#admit = admit;
  }

  /** How many connections it has ended. */
  get refused(): number {
    return this.#refused;
  }

  /** Ends all connections. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Takes a connection that has come in. */
  accept(socket: Socket): void {
    this.#sockets.add(socket);
    this.#strangers.add(socket);
    if (this.#strangers.size > MOST_STRANGERS) {
      const [oldest] = this.#strangers;
      if (oldest !== undefined) this.#refuse(oldest);
    }
    const timer = setTimeout(() => this.#refuse(socket), PREAMBLE_MS).unref();
    let first: Buffer | null = Buffer.alloc(0);
    let guest: Guest | null = null;
    let frames: FrameReader | null = null;
    socket.on('data', (chunk: Buffer) => {
      try {
        if (frames !== null) return frames.push(chunk);
        first = Buffer.concat([first as Buffer, chunk]);
        if (!mayBePreamble(first)) return this.#refuse(socket);
        if (first.length < PREAMBLE_BYTES) return;
        const isExpected = isPreamble(first.subarray(0, PREAMBLE_BYTES), this.#expected);
        if (!isExpected) return this.#refuse(socket);
        clearTimeout(timer);
        this.#strangers.delete(socket);
        const admitted = this.#admit(socket);
        guest = admitted;
        frames = new FrameReader(this.#maxBytes, (payload) => admitted.onFrame(payload));
        const rest = first.subarray(PREAMBLE_BYTES);
        first = null;
        if (rest.length > 0) frames.push(rest);
      } catch {
        frames?.end();
        this.#refuse(socket);
      }
    });
    socket.once('close', () => {
      clearTimeout(timer);
      this.#strangers.delete(socket);
      this.#sockets.delete(socket);
      guest?.onClose();
    });
  }

  #refuse(socket: Socket): void {
    if (socket.destroyed) return;
    this.#refused++;
    this.#strangers.delete(socket);
    socket.destroy();
  }
}
