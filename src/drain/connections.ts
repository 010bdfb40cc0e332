/**
 * The open connections of this process and the servers they belong to, learned from Node's diagnostics
 * channels, so that the program's sockets and servers stay as they are. A TLS connection counts
 * as its TLSSocket once it is secure, and as the socket below until then.
 */

import { subscribe } from 'node:diagnostics_channel';
import type { ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** The socket that a TLSSocket was made of; in Node 20 to 26 alike. */
type Secured = TLSSocket & { _parent?: Socket | null };

/** What somebody wants to know of them: a drain, which is not loaded before. */
export interface ConnectionsWatcher {
  onOpen(socket: Socket): void;
  onEmpty(): void;
}

export class Connections {
  readonly sockets = new Set<Socket>();
  readonly sessions = new Set<ServerHttp2Session>();
  /** Those that listen. */
  readonly servers = new Set<Server>();
  watcher: ConnectionsWatcher | null = null;
  /** Called once, when something listens. */
  onFirstServer: (() => void) | null = null;
  #accepted = 0;
  readonly #known = new WeakSet<Server>();
  readonly #onClose: (this: Socket) => void;

  constructor() {
    const remove = this.#remove.bind(this);
    // One function for all, because there is one call of on() per connection.
    this.#onClose = function onClose(this: Socket) {
      remove(this);
    };
    subscribe('net.server.socket', (message) => {
      this.#accepted++;
      this.#add((message as { socket: Socket }).socket);
    });
    // Before 'listening' and so before the first connection, also of a server that rondo serves.
    subscribe('tracing:net.server.listen:asyncEnd', (message) => {
      this.#addServer((message as { server: Server }).server);
    });
  }

  /** How many there have been. */
  get accepted(): number {
    return this.#accepted;
  }

  #add(socket: Socket): void {
    if (socket.destroyed) return;
    this.sockets.add(socket);
    socket.on('close', this.#onClose);
    this.watcher?.onOpen(socket);
  }

  #remove(socket: Socket): void {
    if (this.sockets.delete(socket) && this.sockets.size === 0) this.watcher?.onEmpty();
  }

  #addServer(server: Server): void {
    this.servers.add(server);
    this.onFirstServer?.();
    this.onFirstServer = null;
    // It may listen more than once.
    if (this.#known.has(server)) return;
    this.#known.add(server);
    server.on('close', () => this.servers.delete(server));
    // The events of TLS and HTTP/2 servers; any other server never emits them.
    server.on('secureConnection', (socket: Secured) => {
      if (socket._parent != null) this.sockets.delete(socket._parent);
      this.#add(socket);
    });
    server.on('session', (session: ServerHttp2Session) => {
      this.sessions.add(session);
      session.on('close', () => this.sessions.delete(session));
    });
  }
}
