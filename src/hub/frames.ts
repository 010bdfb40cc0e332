/**
 * What is said on a connection of the hub: a preamble with the token, then frames, each with its length in front. The
 * length is checked before anything is kept, and nothing is allocated by it: a frame is put together
 * from what has come.
 */

import { timingSafeEqual } from 'node:crypto';
import { HUB_VERSION } from './environment.js';

const MAGIC = Buffer.from([0x72, 0x6e, 0x64, 0x6f, HUB_VERSION]);
const TOKEN_BYTES = 32;

export const PREAMBLE_BYTES = MAGIC.length + TOKEN_BYTES;
export const LENGTH_BYTES = 4;

export function preamble(token: Buffer): Buffer {
  return Buffer.concat([MAGIC, token]);
}

/** Whether it may become one: nobody has to wait for the rest of what is none. The token is not looked at. */
export function mayBePreamble(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, MAGIC.length);
  return bytes.compare(MAGIC, 0, length, 0, length) === 0;
}

/** In constant time. `bytes` are PREAMBLE_BYTES. */
export function isPreamble(bytes: Buffer, expected: Buffer): boolean {
  return timingSafeEqual(bytes, expected);
}

/** A frame of raw bytes. */
export function frameOf(payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  payload.copy(frame, LENGTH_BYTES);
  return frame;
}

/** Cuts a stream into frames. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #onFrame: (payload: Buffer) => void;
  /** What has come of a frame that is not complete. */
  #parts: Buffer[] = [];
  #bytes = 0;
  /** What is needed before it is worth looking again. */
  #needed = LENGTH_BYTES;
  #isEnded = false;

  constructor(maxBytes: number, onFrame: (payload: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#onFrame = onFrame;
  }

  /** Throws at a frame that is empty or longer than allowed, after those before it. */
  push(chunk: Buffer): void {
    if (this.#isEnded) return;
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    const rest = this.#cut(bytes);
    this.#bytes = bytes.length - rest;
    if (this.#bytes > 0 && !this.#isEnded) this.#parts.push(bytes.subarray(rest));
  }

  /** Nothing more is taken out, also of what has come. */
  end(): void {
    this.#isEnded = true;
    this.#parts = [];
  }

  /** Returns where the first incomplete frame begins. */
  #cut(bytes: Buffer): number {
    let at = 0;
    while (!this.#isEnded) {
      this.#needed = LENGTH_BYTES;
      if (bytes.length - at < LENGTH_BYTES) return at;
      const length = bytes.readUInt32LE(at);
      if (length === 0 || length > this.#maxBytes) {
        throw new Error(`a frame of ${length} bytes, of at most ${this.#maxBytes}`);
      }
      this.#needed = LENGTH_BYTES + length;
      if (bytes.length - at < this.#needed) return at;
      this.#onFrame(bytes.subarray(at + LENGTH_BYTES, at + this.#needed));
      at += this.#needed;
    }
    return at;
  }
}
