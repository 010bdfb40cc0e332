/**
 * The open connections of this process and the servers they belong to, learned from Node's diagnostics
 * channels, so that the program's sockets and servers stay as they are: nothing is among their listeners. A
 * TLS connection counts as its TLSSocket once it is secure, and as the socket below until then.
 */

import { subscribe } from 'node:diagnostics_channel';
import type { ServerHttp2Session } from 'node:http2';
import { type Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { after } from '../hidden-listeners.js';
import { isOwn } from '../own-sockets.js';
import { isClosed } from './handles.js';

/** The socket that a TLSSocket was made of; in Node 20 to 26 alike. */
type Secured = TLSSocket & { _parent?: Socket | null };

/** What somebody wants to know of them: a drain, which is not loaded before. */
export interface ConnectionsWatcher {
  onOpen(socket: Socket): void;
  onClose(): void;
}

/** Connections and the servers that listen for them. */
export class ConnectionSet {
  readonly sockets = new Set<Socket>();
  readonly sessions = new Set<ServerHttp2Session>();
  readonly #servers = new Set<Server>();
  watcher: ConnectionsWatcher | null = null;

  /** Those that listen, or have connections yet. Nobody is told when that ends: each is asked. */
  get servers(): Set<Server> {
    for (const server of this.#servers) if (isClosed(server)) this.#servers.delete(server);
    return this.#servers;
  }

  add(socket: Socket): void {
    this.sockets.add(socket);
    this.watcher?.onOpen(socket);
  }

  remove(socket: Socket): void {
    if (this.sockets.delete(socket)) this.watcher?.onClose();
  }
}

/** All of this process. */
export class Connections extends ConnectionSet {
  /** Called once, when something listens. */
  onFirstServer: (() => void) | null = null;
  /** Called each time that something listens. */
  onServer: ((server: Server) => void) | null = null;
  #accepted = 0;
  readonly #known = new WeakSet<Server>();
  readonly #owners = new WeakMap<Socket | ServerHttp2Session, Server>();
  /** Parts of it, by the servers that they are of. */
  readonly #parts = new Map<ConnectionSet, ReadonlySet<Server>>();

  constructor() {
    super();
    watchEnds((socket) => this.remove(socket));
    subscribe('net.server.socket', (message) => {
      const { socket } = message as { socket: Socket & { server?: Server } };
      if (isOwn(socket.server)) return;
      this.#accepted++;
      this.#open(socket, socket.server);
    });
    // Before 'listening' and so before the first connection, also of a server that rondo serves.
    subscribe('tracing:net.server.listen:asyncEnd', (message) => {
      const { server } = message as { server: Server };
      if (!isOwn(server)) this.#addServer(server);
    });
  }

  /** How many there have been. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Those of some servers, kept up to date until `forget()`. */
  of(servers: ReadonlySet<Server>): ConnectionSet {
    const part = new ConnectionSet();
    for (const server of servers) part.servers.add(server);
    for (const kind of ['sockets', 'sessions'] as const) {
      for (const one of this[kind]) {
        if (this.#isOf(one, servers)) (part[kind] as Set<typeof one>).add(one);
      }
    }
    this.#parts.set(part, servers);
    return part;
  }

  forget(part: ConnectionSet): void {
    this.#parts.delete(part);
  }

  override remove(socket: Socket): void {
    super.remove(socket);
    for (const part of this.#parts.keys()) part.remove(socket);
  }

  #isOf(one: Socket | ServerHttp2Session, servers: ReadonlySet<Server>): boolean {
    const owner = this.#owners.get(one);
    return owner !== undefined && servers.has(owner);
  }

  #open(socket: Socket, server: Server | undefined): void {
    if (socket.destroyed) return;
    if (server !== undefined) this.#owners.set(socket, server);
    this.add(socket);
    for (const [part, servers] of this.#parts) if (this.#isOf(socket, servers)) part.add(socket);
  }

  #openSession(session: ServerHttp2Session, server: Server): void {
    this.#owners.set(session, server);
    const sets = [
      this,
      ...[...this.#parts].filter(([, of]) => of.has(server)).map(([part]) => part),
    ];
    for (const { sessions } of sets) sessions.add(session);
    after(session, 'close', () => {
      this.sessions.delete(session);
      for (const part of this.#parts.keys()) part.sessions.delete(session);
    });
  }

  #addServer(server: Server): void {
    this.servers.add(server);
    this.onFirstServer?.();
    this.onFirstServer = null;
    this.onServer?.(server);
    // It may listen more than once.
    if (this.#known.has(server)) return;
    this.#known.add(server);
    if (!emitsMore(server)) return;
    after(server, 'secureConnection', (socket: Secured) => {
      // Not removed by `remove()`: the connection has not ended.
      if (socket._parent != null) {
        this.sockets.delete(socket._parent);
        for (const part of this.#parts.keys()) part.sockets.delete(socket._parent);
      }
      this.#open(socket, server);
    });
    after(server, 'session', (session: ServerHttp2Session) => this.#openSession(session, server));
  }
}

/** 'secureConnection' or 'session': TLS and HTTP/2 servers. To any other one nothing is done. */
function emitsMore(server: Server): boolean {
  return 'setTicketKeys' in server || 'updateSettings' in server;
}

/** Calls back when a socket of this process, of whatever kind, is destroyed, which each is in the end. */
function watchEnds(onEnd: (socket: Socket) => void): void {
  const { _destroy: destroy } = Socket.prototype;
  const watched = function (this: Socket, ...args: Parameters<typeof destroy>): void {
    destroy.apply(this, args);
    onEnd(this);
  };
  // It may be inspected.
  Object.defineProperty(watched, 'name', { value: destroy.name, configurable: true });
  Socket.prototype._destroy = watched;
}

let all: Connections | null = null;

/** Of this process, from the first call on: what was open before is not known. */
export function connections(): Connections {
  all ??= new Connections();
  return all;
}
