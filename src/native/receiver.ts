/** The addon's receiver: a worker's end of the channel. */

import type { TIME_BOUNDS_S } from './figures.js';

/** What is written to `pace()`; 0 until something is known. */
export const PACE = { quick: 1, slow: 2 } as const;

export interface NativeReceiverOwner {
  /** A connection has come; what it is stands in the array. See FIELDS_PER_CONNECTION. */
  onConnection(): void;
  onWelcome(version: number, slot: number): void;
  onState(text: string): void;
  /** The primary asks for so many idle connections. */
  onRelieve(count: number): void;
  /** `error` is 0 or -errno. */
  onEnd(error: number): void;
}

export interface NativeReceiver {
  open(): number;
  close(): void;
  setServing(listeners: number[]): void;
  /**
   * Gives the connection back. Only within onConnection. With `mayReturn` it may be dealt to this
   * worker again. False if the channel has ended: the connection is the caller's.
   */
  refuse(mayReturn: boolean): boolean;
  /** Gives those back that have arrived and for which onConnection is still to be called: the process ends. */
  refuseRest(): void;
  /** `kind`: see src/worker/sessions.ts. 0 or -errno. Sent at once, unless the channel has no room. */
  claim(kind: number, key: Uint8Array): number;
  unclaim(kind: number, key: Uint8Array): number;
  /**
   * Gives a connection that was received, has been served and is idle to the primary, to be dealt again when
   * something arrives. Takes over `fd`, a duplicate of the socket's; the process closes its own without a
   * shutdown, and does not count it as ended. `idleMs`: it is closed if nothing arrives for so long; 0: no limit.
   * `about`: what came with it. False if there is no primary any more; `fd` is closed. If the channel ends before
   * it is sent, it comes once more by onConnection, as final.
   */
  release(fd: number, listener: number, idleMs: number, about?: Uint8Array): boolean;
  /** Whether something waits for room in the channel, such as what goes back: it would end with the process. */
  hasUnsent(): boolean;
  /** What came with the connection. Only within onConnection; see FIELDS_PER_CONNECTION. */
  about(): Buffer | null;
  /**
   * After onWelcome: where this process counts connections that are over, a view of shared memory.
   * [0] is all of them, [1 + listener] those of one; each only ever grows by one, and wraps. Works
   * after close().
   */
  ended(): Uint32Array;
  /**
   * After onWelcome: where this process says how long connections took from their accepting until the program
   * had them: the sum in microseconds, then the counts of {@link TIME_BOUNDS_S} and one more. A view as `ended()`.
   */
  handoffTimes(): Float64Array;
  /** After onWelcome: where this process says whether its requests keep its loop for long. A view as `ended()`. */
  pace(): Uint32Array;
  /**
   * From now on shows on the scoreboard, every so many milliseconds, that this thread's loop turns: from
   * the primary's welcome on, if that is still to come. 0 stops it. Does not keep the loop running.
   */
  beat(intervalMs: number): void;
  ref(): void;
  unref(): void;
}

/**
 * In the Int32Array: fd, listener id, 1 if no other worker would take it, how many
 * microseconds after its accepting it was received, and 1 if `about()` has anything.
 */
export const FIELDS_PER_CONNECTION = 5;
