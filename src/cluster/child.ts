/**
 * node:cluster's worker on rondo. Node's own child asks the primary for a handle, and makes one that
 * waits for connections; here they come to it by the channel. Closing, disconnecting and the
 * 'listening' event remain Node's.
 */

import { AsyncResource } from 'node:async_hooks';
import type { Cluster } from 'node:cluster';
import type { Server } from 'node:net';
import { before } from '../hidden-listeners.js';
import { PROTOCOL_VERSION } from '../protocol/protocol.js';
import {
  type ChannelUser,
  type CountingServer,
  type StreamHandle,
  takesConnection,
  type WorkerChannel,
} from '../worker/channel.js';
import { openChannel } from '../worker/open-channel.js';
import { moveWhenClosed } from '../worker/release.js';
import { isClusterMessage, type QueryAnswer } from './messages.js';

interface ClusterHandle {
  onconnection(error: number, handle: StreamHandle): void;
  close(callback?: () => void): void;
}

type Callback = (error: number, handle: ClusterHandle | null) => void;

/** Undocumented, and the one way by which `net.Server` gets a handle in a worker. */
export interface ClusterChildInternals {
  _getServer(server: Server, query: { addressType: unknown; rondo?: number }, then: Callback): void;
}

interface Served {
  readonly server: CountingServer;
  readonly handle: ClusterHandle;
  readonly resource: AsyncResource;
}

export class ClusterChild implements ChannelUser {
  readonly #getServer: ClusterChildInternals['_getServer'];
  readonly #served = new Map<number, Served>();
  #channel: WorkerChannel | null = null;
  /** Of the answer that Node's child is about to be given. */
  #answeredListener: number | undefined;

  constructor(cluster: Cluster) {
    const internals = cluster as unknown as ClusterChildInternals;
    this.#getServer = internals._getServer.bind(cluster);
    // Before Node's own listener, which calls back within the same event.
    before(process, 'internalMessage', (message: unknown) => {
      this.#answeredListener = isClusterMessage(message)
        ? (message as Partial<QueryAnswer>).rondo
        : undefined;
    });
  }

  /** In place of `cluster._getServer(…)`. */
  getServer(server: Server, query: { addressType: unknown }, then: Callback): void {
    // UDP has strings.
    if (typeof query.addressType === 'string') return this.#getServer(server, query, then);
    this.#getServer(server, { ...query, rondo: PROTOCOL_VERSION }, (error, handle) => {
      const listener = this.#answeredListener;
      this.#answeredListener = undefined;
      if (error === 0 && handle !== null && listener !== undefined) {
        this.#serve(listener, server as Served['server'], handle);
      }
      then(error, handle);
    });
  }

  #serve(listener: number, server: Served['server'], handle: ClusterHandle): void {
    const resource = new AsyncResource('TCPSERVERWRAP');
    moveWhenClosed(server);
    this.#served.set(listener, { server, handle, resource });
    const nodesClose = handle.close;
    // Of Node's name, for it may be inspected.
    handle.close = {
      close: (callback?: () => void): void => {
        this.#served.delete(listener);
        this.#announce();
        nodesClose.call(handle, callback);
      },
    }.close;
    if (this.#channel === null) {
      this.#channel = openChannel(this);
      // Node's IPC channel keeps a worker running, and lets go of it.
      this.#channel.unref();
    }
    this.#announce();
  }

  #announce(): void {
    this.#channel?.setServing([...this.#served.keys()]);
  }

  /** What this worker serves it knows from the primary's answers. */
  onState(): void {}

  accepts(listener: number, isFinal: boolean): boolean {
    const served = this.#served.get(listener);
    if (served === undefined) return false;
    return takesConnection(served.server, isFinal);
  }

  serve(listener: number, handle: StreamHandle): void {
    const served = this.#served.get(listener);
    if (served === undefined) return handle.close();
    served.resource.runInAsyncScope(served.handle.onconnection, served.handle, 0, handle);
  }

  /** A process has one channel, so what listens after it has ended gets no connection. */
  onEnd(): void {}
}
