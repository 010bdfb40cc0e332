/**
 * Emit: a received connection becomes a `net.Socket` of a server, as if that server had accepted it.
 * The server gets a handle object that seems to listen, and its own connection callback is called
 * with the connection's handle; whatever Node does for an accepted connection, it does here too.
 */

import { AsyncResource } from 'node:async_hooks';
import { createHmac } from 'node:crypto';
import { Server } from 'node:net';
import { invalidOption, RondoError } from '../errors.js';
import { validateAttachOptions } from '../options.js';
import type { ListenerState, State } from '../protocol/protocol.js';
import type { Address } from '../types/options.js';
import type { AttachOptions } from '../types/worker.js';
import {
  type ChannelUser,
  type CountingServer,
  type StreamHandle,
  takesConnection,
  type WorkerChannel,
} from './channel.js';
import { moveWhenClosed } from './release.js';
import { ClaimKind } from './sessions.js';

/** What rondo uses of a server beyond its public API; the same in Node 20 to 26. */
type ServerInternals = CountingServer & {
  _handle: ListeningHandle | null;
  _pipeName?: string;
  /** Where listen() ends, with a handle given: sets it up and emits 'listening'. */
  _listen2(address: string, port: number, family: number, backlog: number): void;
  ticketKeys?: Buffer;
  setTicketKeys?(keys: Buffer): void;
  getTicketKeys?(): Buffer;
};

type OnConnection = (this: ListeningHandle, error: number, handle: StreamHandle) => void;

const BACKLOG = 511;

/** kTicketName in native/engine/look/sticky.h. */
const TICKET_NAME_BYTES = 16;

/** In place of libuv's listening handle. Everything Node calls on one is here. */
class ListeningHandle {
  /** Set by Node. */
  onconnection!: OnConnection;
  /** Set when the address is known and not a path, as Node tells the two kinds apart by it. */
  getsockname?: (out: object) => number;
  readonly #resource: AsyncResource;
  readonly #onClose: () => void;
  readonly #onRefChange: () => void;
  #hasRef = true;

  constructor(onClose: () => void, onRefChange: () => void) {
    this.#onClose = onClose;
    this.#onRefChange = onRefChange;
    // Connections are emitted in the async context of attach(), as those of a listening server are
    // in that of listen().
    this.#resource = new AsyncResource('TCPSERVERWRAP');
  }

  listen(): number {
    return 0;
  }

  close(callback?: () => void): void {
    this.#onClose();
    if (callback !== undefined) setImmediate(callback);
  }

  ref(): void {
    this.#setRef(true);
  }

  unref(): void {
    this.#setRef(false);
  }

  hasRef(): boolean {
    return this.#hasRef;
  }

  getAsyncId(): number {
    return this.#resource.asyncId();
  }

  connect(handle: StreamHandle): void {
    this.#resource.runInAsyncScope(this.onconnection, this, 0, handle);
  }

  /** In the async context of attach(). */
  run(then: () => void): void {
    this.#resource.runInAsyncScope(then);
  }

  #setRef(hasRef: boolean): void {
    if (this.#hasRef === hasRef) return;
    this.#hasRef = hasRef;
    this.#onRefChange();
  }
}

/** A server that is attached, to one listener by name or to all others. */
interface Attachment {
  readonly server: ServerInternals;
  readonly handle: ListeningHandle;
  readonly name: string | null;
  isListening: boolean;
}

/** All servers of this process that are attached, and which of them serves which listener. */
export class Attachments implements ChannelUser {
  readonly #attachments = new Map<string | null, Attachment>();
  readonly #byListener = new Map<number, Attachment>();
  #channel: WorkerChannel | null = null;
  #state: State | null = null;

  setChannel(channel: WorkerChannel): void {
    this.#channel = channel;
    this.#updateRef();
  }

  attach(server: Server, options: AttachOptions): void {
    if (!(server instanceof Server)) {
      throw invalidOption('server', 'a net.Server, or one derived from it', server);
    }
    const { listener: name } = validateAttachOptions(options);
    const internals = server as ServerInternals;
    if (internals._handle !== null) {
      throw new RondoError('ERR_RONDO_ALREADY_ATTACHED', 'The server is listening already');
    }
    if (this.#attachments.has(name)) {
      const which = name === null ? 'all listeners' : `the listener '${name}'`;
      throw new RondoError(
        'ERR_RONDO_ALREADY_ATTACHED',
        `Another server of this process is attached to ${which}`,
      );
    }
    const handle = new ListeningHandle(
      () => this.#detach(name),
      () => this.#updateRef(),
    );
    internals._handle = handle;
    moveWhenClosed(server);
    this.#attachments.set(name, { server: internals, handle, name, isListening: false });
    this.#updateRef();
    if (this.#state !== null) this.onState(this.#state);
  }

  onState(state: State): void {
    this.#state = state;
    const serving: number[] = [];
    for (const listener of state.listeners) {
      // The server that asked for it by name goes before the one that takes all.
      const attachment = this.#attachments.get(listener.name) ?? this.#attachments.get(null);
      if (attachment === undefined) {
        this.#byListener.delete(listener.id);
        continue;
      }
      this.#byListener.set(listener.id, attachment);
      serving.push(listener.id);
      if (!attachment.isListening) this.#startListening(attachment, listener);
    }
    this.#channel?.setServing(serving);
    // What a worker claims counts for the listeners that it serves.
    for (const { id, ownTickets } of state.listeners) {
      if (ownTickets === true) this.#claimTickets(this.#byListener.get(id));
    }
  }

  accepts(listener: number, isFinal: boolean): boolean {
    const attachment = this.#byListener.get(listener);
    if (attachment === undefined) return false;
    return takesConnection(attachment.server, isFinal);
  }

  serve(listener: number, handle: StreamHandle): void {
    const attachment = this.#byListener.get(listener);
    // What was asked whether it takes the connection may have closed its server.
    if (attachment === undefined) return handle.close();
    attachment.handle.connect(handle);
  }

  /** The servers stay as they are, for their connections' sake, but keep nothing running. */
  onEnd(): void {
    this.#channel = null;
    this.#byListener.clear();
  }

  #startListening(attachment: Attachment, listener: ListenerState): void {
    const { server, handle } = attachment;
    attachment.isListening = true;
    const { address } = listener;
    if (typeof address === 'string') {
      server._pipeName = address;
      handle.run(() => server._listen2(address, -1, -1, BACKLOG));
    } else {
      handle.getsockname = (out) => copyAddress(address, out);
      const family = address.family === 'IPv6' ? 6 : 4;
      handle.run(() => server._listen2(address.address, address.port, family, BACKLOG));
    }
    if (listener.ownTickets !== true) this.#shareTicketKeys(attachment);
  }

  /** A ticket begins with the name of its key, by which the primary finds the worker that can read it. */
  #claimTickets(attachment: Attachment | undefined): void {
    // Keys that the program has set may be the same in all workers.
    const server = attachment?.server;
    if (server?.getTicketKeys === undefined || server.ticketKeys !== undefined) return;
    const name = server.getTicketKeys().subarray(0, TICKET_NAME_BYTES);
    this.#channel?.claim(ClaimKind.ticket, name, false);
  }

  /**
   * As node:cluster does: a TLS session begun with one worker can be resumed with any. Servers of
   * different names have different keys.
   */
  #shareTicketKeys({ server, name }: Attachment): void {
    if (this.#state === null || server.setTicketKeys === undefined) return;
    // The program has keys of its own.
    if (server.ticketKeys !== undefined) return;
    const secret = Buffer.from(this.#state.ticketKeys, 'base64');
    // 48 bytes, as setTicketKeys() wants.
    server.setTicketKeys(
      createHmac('sha384', secret)
        .update(`:${name ?? ''}`)
        .digest(),
    );
  }

  #detach(name: string | null): void {
    const attachment = this.#attachments.get(name);
    this.#attachments.delete(name);
    for (const [id, other] of this.#byListener) {
      if (other === attachment) this.#byListener.delete(id);
    }
    if (this.#state !== null) this.onState(this.#state);
    this.#updateRef();
  }

  #updateRef(): void {
    const hasRef = [...this.#attachments.values()].some(({ handle }) => handle.hasRef());
    if (hasRef) this.#channel?.ref();
    else this.#channel?.unref();
  }
}

function copyAddress(address: Exclude<Address, string>, out: object): number {
  Object.assign(out, address);
  return 0;
}
