/**
 * `rondo/drain`: lets what is in flight at servers of this process end, and closes what is idle. For
 * programs that embed the Dispatcher, or that run without rondo at all.
 *
 * @module rondo/drain
 */

import { Server } from 'node:net';
import { invalidOption } from '../errors.js';
import { checkInteger, checkKeys, type Keys } from '../options.js';
import { checkGivesBack } from '../worker/release.js';
import { connections } from './connections.js';
import { Drain } from './drain.js';
import { stopListening } from './listening.js';
import type { DrainCounts } from './types.js';

export { RondoError, type RondoErrorCode } from '../errors.js';
export type { DrainCounts } from './types.js';

export interface DrainOptions {
  /** How long idle keep-alive connections stay open, for a request that is on its way. Milliseconds, default 1,000. */
  idleGraceMs?: number;
  /** After so many milliseconds what is still open is destroyed. Default 30,000. */
  drainTimeoutMs?: number;
  /**
   * Whether idle connections of HTTP servers, and others when their request is answered, go to another worker in
   * place of being closed. For a worker that others serve beside; those connections stay that `rebalance` leaves, too.
   * Default false.
   */
  moves?: boolean;
  /** Aborted, it destroys at once what is still open. */
  signal?: AbortSignal;
}

const KEYS: Keys<DrainOptions> = {
  idleGraceMs: true,
  drainTimeoutMs: true,
  moves: true,
  signal: true,
};

/** What fits a timer. */
const LONGEST_MS = 0x7fff_ffff;

// Connections are known from here on.
const all = connections();

/**
 * Drains servers: they accept nothing more, requests in flight are answered with `Connection: close`, HTTP/2
 * sessions are told to go away, idle connections close after the grace period, and sockets with a listener of
 * `'rondo:drain'` emit it (its argument has `timeoutMs`, the time that is left). Resolves with the counts when no
 * connection of theirs is open; the servers have then been closed, too.
 *
 * `server`: one or several of `node:net`, `tls`, `http`, `https` or `http2`, listening or attached. Import this
 * module before they accept connections, for those that are open already are not known. In a worker of a
 * Supervisor there is no need for it: the worker is drained as a whole.
 *
 * Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`; with `moves` also `ERR_RONDO_NOT_A_WORKER`, and
 * `ERR_RONDO_NATIVE_MISSING` with the ipc transport.
 */
export function drain(
  server: Server | Iterable<Server>,
  options: DrainOptions = {},
): Promise<DrainCounts> {
  const servers = serversOf(server);
  checkKeys('options', options, KEYS);
  const { idleGraceMs = 1_000, drainTimeoutMs = 30_000, moves = false, signal } = options;
  checkInteger('idleGraceMs', idleGraceMs, 0, LONGEST_MS);
  checkInteger('drainTimeoutMs', drainTimeoutMs, 0, LONGEST_MS);
  if (typeof moves !== 'boolean') throw invalidOption('moves', 'a boolean', moves);
  if (moves) checkGivesBack();
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOption('signal', 'an AbortSignal', signal);
  }
  const settings = { idleGraceMs, drainTimeoutMs, handlerTimeoutMs: drainTimeoutMs, moves };
  const part = all.of(servers);
  stopListening(servers, () => true);
  return new Promise((resolve) => {
    const onAbort = (): void => running.hasten({ drainTimeoutMs: 0 });
    const running = new Drain(part, settings, {
      onEnd(counts) {
        signal?.removeEventListener('abort', onAbort);
        all.forget(part);
        for (const one of servers) if (one.listening) one.close();
        resolve(counts);
      },
    });
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
  });
}

function serversOf(server: unknown): Set<Server> {
  const isOne = server instanceof Server;
  const isList = typeof server === 'object' && server !== null && Symbol.iterator in server;
  const servers = new Set<unknown>(isOne ? [server] : isList ? (server as Iterable<unknown>) : []);
  const isFit = servers.size > 0 && [...servers].every((one) => one instanceof Server);
  if (!isFit) throw invalidOption('server', 'a net.Server, or several', server);
  return servers as Set<Server>;
}
