/**
 * The worker's side of rondo: a server that serves what the primary deals.
 *
 * @module rondo/worker
 */

import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AttachOptions } from '../types/worker.js';
import type { ProxyHeader } from './about.js';
import { Attachments } from './attach.js';
import { channelName } from './environment.js';
import { openChannel } from './open-channel.js';
import { proxyHeader as headerOf } from './proxy-header.js';

export { RondoError, type RondoErrorCode } from '../errors.js';
export { keep } from '../moves/held.js';
export type { AttachOptions, ReleaseOptions } from '../types/worker.js';
export type { ProxyEndpoint, ProxyHeader, ProxySsl, ProxyTlv } from './about.js';
export { release } from './release.js';
export { claimSession, releaseSession } from './sessions.js';

let attachments: Attachments | null = null;

/**
 * Whether this process was started as a worker, with a slot's `stdio` and `env`; also if another copy of
 * rondo started it, or is in it.
 */
export function isWorker(): boolean {
  return channelName !== undefined;
}

/**
 * Lets a server serve the connections of the primary's listeners, in place of `server.listen()`.
 * Any `net`, `tls`, `http`, `https` or `http2` server. `'listening'` is emitted when the primary has
 * a listener for it; from then on everything is as if the server listened itself, `server.close()`
 * included.
 *
 * Call it once per server, in the main thread of a process that was started with a slot's `stdio`
 * and `env`. A server attached by name takes that listener; one attached without takes all that no
 * other server of the process has by name.
 *
 * TLS servers share session-ticket keys with those of the other workers when `'listening'` is
 * emitted, unless the `ticketKeys` option was given. `setTicketKeys()` belongs after that.
 *
 * A server at its `maxConnections` sends a connection back, to be dealt to another worker; only if
 * no other takes it is it dropped, with `'drop'`. `server.dropMaxConnection = true` (of Node 24)
 * drops at once.
 *
 * Throws `ERR_RONDO_NOT_A_WORKER`, `ERR_RONDO_NOT_MAIN_THREAD`, `ERR_RONDO_ALREADY_ATTACHED` (the
 * server listens already, or another is attached to the same listener), `ERR_RONDO_INVALID_OPTION`,
 * `ERR_RONDO_UNKNOWN_OPTION`, `ERR_RONDO_NATIVE_MISSING` (the primary uses the addon and this process
 * cannot load it) and `ERR_RONDO_CHANNEL` (the channel is not there, because `stdio` was not the
 * slot's). `ERR_RONDO_PROTOCOL_VERSION` if another copy of rondo has started this process that cannot work with this
 * one; if the primary has another version, it is thrown later, as an uncaught exception.
 */
export function attach(server: Server, options: AttachOptions = {}): void {
  if (attachments === null) {
    const opened = new Attachments();
    opened.setChannel(openChannel(opened));
    attachments = opened;
  }
  attachments.attach(server, options);
}

/**
 * What the PROXY header said with which the connection began, or null if it had none: one to a listener without
 * `proxyProtocol`, or one that was not received by rondo. `socket`: a `net.Socket`, a `tls.TLSSocket`, or the
 * `session.socket` of HTTP/2, before it is closed; after that, if it was asked before.
 *
 * The socket's own `remoteAddress`, `remotePort`, `remoteFamily`, `localAddress`, `localPort` and `localFamily` are those
 * of the header already; where it names no address they are the connection's, and of a client of a Unix socket
 * undefined.
 */
export function proxyHeader(socket: Duplex): ProxyHeader | null {
  return headerOf(socket);
}
