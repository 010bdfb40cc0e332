/**
 * node:cluster's worker on rondo. Node's own child asks the primary for a handle, and makes one that
 * waits for connections; here they come to it by the channel. Closing, disconnecting and the
 * 'listening' event remain Node's.
 */

import { AsyncResource } from 'node:async_hooks';
import type { Cluster } from 'node:cluster';
import { channel } from 'node:diagnostics_channel';
import type { Server } from 'node:net';
import { systemError } from '../errors.js';
import { before } from '../hidden-listeners.js';
import { PROTOCOL_VERSION } from '../protocol/protocol.js';
import {
  type ChannelUser,
  type CountingServer,
  type StreamHandle,
  takesConnection,
  type WorkerChannel,
} from '../worker/channel.js';
import { outside } from '../worker/environment.js';
import { openChannel } from '../worker/open-channel.js';
import { moveWhenClosed } from '../worker/release.js';
import { isAlone } from './alone.js';
import { isClusterMessage, type QueryAnswer, type QueryServer } from './messages.js';
import { type Asked, PendingHandles, pendingHandle } from './pending-handle.js';

/** Of Node's tracing channel. */
const LISTEN_ERROR = channel('tracing:net.server.listen:error');

interface ClusterHandle {
  onconnection(error: number, handle: StreamHandle): void;
  close(callback?: () => void): void;
}

type Query = Asked & Pick<QueryServer, 'rondo' | 'ownTickets'>;

type Callback = (error: number, handle: ClusterHandle | null) => void;

/** Undocumented, and the one way by which `net.Server` gets a handle in a worker. */
export interface ClusterChildInternals {
  _getServer(server: Server, query: Query, then: Callback): void;
}

/** Of TLS; undefined unless the program has keys of its own. */
interface TicketServer {
  ticketKeys: unknown;
}

/** Undocumented. Where it lacks, nothing lets go of the channel (supervisor/worker/ends-alone.ts). */
interface CountedChannel {
  refCounted?(): void;
  unrefCounted?(): void;
}

interface Served {
  readonly server: CountingServer;
  readonly handle: ClusterHandle;
  readonly resource: AsyncResource;
}

export class ClusterChild implements ChannelUser {
  readonly #internals: ClusterChildInternals;
  readonly #getServer: ClusterChildInternals['_getServer'];
  readonly #served = new Map<number, Served>();
  readonly #pending = new PendingHandles();
  #channel: WorkerChannel | null = null;
  /** That Node's child is about to be given. */
  #answer: Partial<QueryAnswer> = {};

  constructor(cluster: Cluster) {
    this.#internals = cluster as unknown as ClusterChildInternals;
    this.#getServer = this.#internals._getServer.bind(cluster);
    // Before Node's own listener, which calls back within the same event.
    before(process, 'internalMessage', (message: unknown) => {
      this.#answer = isClusterMessage(message) ? message : {};
    });
  }

  /** In place of `cluster._getServer(…)`. */
  getServer(server: Server, query: Query, then: Callback): void {
    const answered = holdChannel();
    // UDP has strings.
    if (typeof query.addressType === 'string') {
      const inContext = isAlone() ? AsyncResource.bind(then) : then;
      return this.#getServer(server, query, (error, handle) => {
        answered();
        inContext(error, handle);
      });
    }
    // What listens without a cluster is made by listen(), and so belongs to its async context. In a cluster it belongs to none.
    const resource = isAlone() ? new AsyncResource('TCPSERVERWRAP') : outside;
    const pending = pendingHandle(server, query);
    // At the answer nobody knows any more from where listen() was called.
    const called = { stack: '' };
    Error.captureStackTrace(called, this.#internals._getServer);
    // In a cluster the first worker's are all workers', which is wrong for a listener that outlives them.
    const ownTickets = isAlone() && (server as Partial<TicketServer>).ticketKeys !== undefined;
    const asked = { ...query, rondo: PROTOCOL_VERSION, ownTickets };
    let tellListening: (() => void) | null = null;
    const ask = (): void => {
      const askNow = (): void => this.#getServer(server, asked, onAnswer);
      if (isAlone()) tellListening = withoutListener(server, askNow);
      else askNow();
    };
    const onAnswer = (error: number, handle: ClusterHandle | null): void => {
      answered();
      const { rondo: listener, failed } = this.#answer;
      this.#answer = {};
      if (pending !== null) this.#pending.end(pending);
      if (pending?.isClosed && error === 0) {
        handle?.close();
        return this.#pending.askNext();
      }
      if (error === 0 && handle !== null && listener !== undefined) {
        this.#serve(listener, { server: server as Served['server'], handle, resource });
      } else if (error !== 0 && failed !== undefined && isAlone()) {
        // The primary may have another name for a path.
        const address = isPath(query) ? query.address : failed.address;
        const own = systemError(error, 'listen', address, failed.port);
        own.stack = `${own.name}: ${own.message}${called.stack.replace(/^.*/, '')}`;
        this.#pending.askNext();
        return resource.runInAsyncScope(tellError, null, server, own);
      }
      // Just before Node emits 'listening', which it does in the next tick, too.
      if (error === 0 && tellListening !== null) process.nextTick(tellIf, server, tellListening);
      resource.runInAsyncScope(then, null, error, handle);
    };
    if (pending === null) ask();
    else this.#pending.begin(pending, ask);
  }

  #serve(listener: number, served: Served): void {
    const { server, handle } = served;
    moveWhenClosed(server);
    this.#served.set(listener, served);
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

/** Keeps the process running until the primary has answered: nothing else may. Returns what ends that. */
function holdChannel(): () => void {
  const { channel } = process as { channel?: CountedChannel };
  channel?.refCounted?.();
  return () => channel?.unrefCounted?.();
}

/**
 * Returns Node's own listener of 'listening', which tells the primary. It is not added to the server's: without a cluster there
 * is none, and what others throw is nobody's business. Null: there was none.
 */
function withoutListener(server: Server, ask: () => void): (() => void) | null {
  let nodes: (() => void) | null = null;
  const own = Object.getOwnPropertyDescriptor(server, 'once');
  const once = (event: string, listener: () => void): Server => {
    if (event === 'listening') nodes = listener;
    return server;
  };
  Object.defineProperty(server, 'once', { configurable: true, writable: true, value: once });
  try {
    ask();
    return nodes;
  } finally {
    if (own === undefined) delete (server as Partial<Server>).once;
    else Object.defineProperty(server, 'once', own);
  }
}

/** Unless it has been closed before it could say so. */
function tellIf(server: Server, tell: () => void): void {
  if (server.listening) tell();
}

function isPath({ port = 0 }: Query): boolean {
  return port < 0;
}

/** As `net.Server` does. */
function tellError(server: Server, error: Error): void {
  if (LISTEN_ERROR.hasSubscribers) LISTEN_ERROR.publish({ server, error });
  server.emit('error', error);
}
