/**
 * What a worker's end of a channel offers, whichever the transport: native-receiver.ts and
 * ipc-receiver.ts implement it; attach.ts and cluster/child.ts are its users.
 */

import type { Server } from 'node:net';
import { RondoError } from '../errors.js';
import { PROTOCOL_VERSION, type State } from '../protocol/protocol.js';

/** libuv's stream handle as `net.Socket` takes it: a TCP or a Pipe. */
export interface StreamHandle {
  readonly fd?: number;
  readStart(): number;
  readStop(): number;
  open(fd: number): number;
  close(callback?: () => void): void;
  reset(callback?: () => void): number;
  /** 0 or -errno. A Pipe has neither. */
  getpeername?(out: object): number;
  getsockname?(out: object): number;
}

export interface ChannelUser {
  onState(state: State): void;
  /**
   * Whether a server here takes a connection of that listener now. False sends it back to the
   * primary, and so does throwing, which a getter of the program's can. `isFinal`: no other worker
   * would take it, so a server that is full must drop it, and no getter is asked.
   */
  accepts(listener: number, isFinal: boolean): boolean;
  /** Gives the connection to its server. The handle is the server's from here on. */
  serve(listener: number, handle: StreamHandle): void;
  /** No connection will come any more: the primary closed the channel or is gone. */
  onEnd(): void;
}

/** Gives a connection that came by the channel back to the primary, to be dealt anew when it is readable. */
export interface GivesBack {
  /** Whether connections are to move while this process serves: others do, too. */
  readonly isRebalancing: boolean;
  /** Whether any other worker serves, as far as this one has heard. */
  readonly othersServe: boolean;
  /** Whether that can be done with it: it is such a connection's handle, and that has not ended. */
  has(handle: object): boolean;
  /**
   * `idleMs`: after so long without a byte the primary closes it; 0: never. The handle reads no more and is to
   * be closed. False: nothing has changed, as descriptors are lacking or the channel has ended.
   */
  giveBack(handle: StreamHandle, idleMs: number): boolean;
  /** Whether some of what was given back is not on its way yet. It would end with the process. */
  readonly hasUnsent: boolean;
}

export interface WorkerChannel {
  /** Null with the ipc transport. */
  readonly givesBack: GivesBack | null;
  /** The listeners this worker serves from now on; none: it is drained. */
  setServing(listeners: number[]): void;
  /** A session is this worker's, or is over; on native only. See sessions.ts. */
  claim(kind: number, key: Uint8Array, isOver: boolean): void;
  /** Shows the primary every so often that this process's loop turns; on native only. */
  beat(intervalMs: number): void;
  /** Whether the open channel keeps the process running. */
  ref(): void;
  unref(): void;
}

/** What of a server says whether it takes one more connection. */
export type CountingServer = Server & { _connections: number; dropMaxConnection?: boolean };

/** Until Node 20, `maxConnections = 0` meant none at all; since 21 it means that none is taken. */
const IS_ZERO_A_LIMIT = Number(process.versions.node.split('.')[0]) >= 21;

/**
 * As node:cluster has it: a full server's connection goes to another worker. If nobody else takes it,
 * or `dropMaxConnection` is set, Node's own callback gets it and drops it, with the 'drop' event.
 */
export function takesConnection(server: CountingServer, isFinal: boolean): boolean {
  if (isFinal || server.dropMaxConnection === true) return true;
  const { maxConnections } = server;
  if (maxConnections == null || (maxConnections === 0 && !IS_ZERO_A_LIMIT)) return true;
  return server._connections < maxConnections;
}

/** Throws `ERR_RONDO_PROTOCOL_VERSION` if the primary's version is not this one. */
export function checkVersion(version: number): void {
  if (version === PROTOCOL_VERSION) return;
  throw new RondoError(
    'ERR_RONDO_PROTOCOL_VERSION',
    `The primary speaks version ${version} of rondo's protocol and this worker version ` +
      `${PROTOCOL_VERSION}: they need the same version of rondo`,
  );
}
