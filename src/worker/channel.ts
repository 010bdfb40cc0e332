/**
 * What a worker's end of a channel offers, whichever the transport: receiver.ts (native) and
 * receiver-ipc.ts implement it; attach.ts is its user.
 */

import type { State } from '../protocol.js';

/** libuv's stream handle as `net.Socket` takes it: a TCP or a Pipe. */
export interface StreamHandle {
  open(fd: number): number;
  close(callback?: () => void): void;
  reset(callback?: () => void): number;
}

export interface ChannelUser {
  onState(state: State): void;
  /**
   * Whether a server here takes a connection of that listener now. False sends it back to the
   * primary. `isFinal`: no other worker would take it, so a server that is full must drop it.
   */
  accepts(listener: number, isFinal: boolean): boolean;
  /** Gives the connection to its server. The handle is the server's from here on. */
  serve(listener: number, handle: StreamHandle): void;
  /** No connection will come any more: the primary closed the channel or is gone. */
  onEnd(): void;
}

export interface WorkerChannel {
  /** The listeners this worker serves from now on; none: it is drained. */
  setServing(listeners: number[]): void;
  /** Whether the open channel keeps the process running. */
  ref(): void;
  unref(): void;
}
