/** What is looked for in the first bytes of a connection: types of the public surface. No code. */

import type { OpenListener } from './options.js';

/**
 * By what a connection is known to belong to a session, for a listener whose sessions stay with one worker each. The first
 * bytes of a connection are looked at, and left for the worker; see {@link StickyOptions}.
 * - `'cookie'`: the value of a cookie, by its name.
 * - `'query'`: a parameter of the request's query, by its name; `sid` for Socket.IO.
 * - `'x-forwarded-for'`: the first address of that header. A client can write there what it likes, unless a proxy in front
 *   replaces it.
 * - `'server-name'`: the name that a TLS client asks for.
 * - `'tls-session'`: the ticket (or, up to TLS 1.2, the id) by which a TLS client resumes a session. Each worker's TLS servers
 *   have ticket keys of their own then, and a ticket leads to the worker that has made it.
 * - `'address'`: the client's address; of IPv6 the first 64 bits, and behind a PROXY header the one it names.
 */
export type StickyBy =
  | 'cookie'
  | 'query'
  | 'x-forwarded-for'
  | 'server-name'
  | 'tls-session'
  | 'address';

/**
 * Says for which listener a connection is, in place of a table of host names. Called on the event loop of the thread that made
 * the dispatcher, once for each connection, when its first bytes have been looked at.
 *
 * Returns the name of an open listener that has no routes, or of the one to which the connection came; undefined or null for the
 * latter, too. Must answer at once (not by a promise) and within `pickTimeoutMs`. A connection for which it throws, answers
 * anything else, or answers late, is for the listener to which it came, and the dispatcher emits `'route:error'`.
 */
export type RouteFunction = (connection: RoutedConnection) => string | null | undefined;

/** A connection for which a {@link RouteFunction} names a listener. */
export interface RoutedConnection {
  /**
   * In small letters and without a port: the server name that a TLS client asks for, or the host of the first request. Null if
   * it says none, is neither TLS nor HTTP/1, or was silent for `lookTimeoutMs`. A client may write there what it likes.
   */
  host: string | null;
  /** It begins with a TLS handshake. */
  encrypted: boolean;
  /** The client's address, as its PROXY header says if there is one. */
  address: string | null;
  port: number;
  family: 'IPv4' | 'IPv6' | null;
  /** Where it came: what `dispatcher.listen()` returned. */
  listener: OpenListener;
}

/**
 * Sessions that stay with the worker on which they began. The first request of a connection decides, so a client (or a proxy in
 * between) should not use one connection for several sessions. A connection in which nothing is found is dealt as without
 * `sticky`; so is the first of a session, and all connections that show the same go to the same worker from then on. When that
 * worker has gone, or its server has closed, the session's next connection is dealt anew and stays there; other sessions do not
 * move. Needs the native transport.
 */
export interface StickyOptions {
  /**
   * One of {@link StickyBy}, with `name`; or a list of which the first that is there decides, each as `'query:sid'`,
   * `'cookie:io'`, `'x-forwarded-for'`, `'server-name'`, `'tls-session'`, and at the end `'address'`, which is always there.
   * Names of cookies and parameters are told apart by case.
   */
  by: StickyBy | readonly string[];
  /** Of the cookie or the parameter. */
  name?: string;
  /**
   * How many sessions are known; for one more, the one that has been used least recently is forgotten: 1 to 16,777,216.
   * Default 100,000. Each takes 40 bytes or so of the primary.
   */
  maxSessions?: number;
  /**
   * A session of which no connection has come for so many milliseconds is forgotten; 0: never. Default 3,600,000, an hour.
   */
  idleMs?: number;
  /**
   * How many milliseconds a connection waits for its session's worker while that has no room, 0 to 60,000. Then any worker gets
   * it, and the session stays there. Default 5000.
   */
  waitMs?: number;
}

/** Sources alone, as a list or with commas, or options. */
export type ProxyProtocol = string | readonly string[] | ProxyProtocolOptions;

/** Options of `proxyProtocol`. */
export interface ProxyProtocolOptions {
  /**
   * From where connections may come: networks of IPv4 and IPv6 (`'10.0.0.0/8'`, `'::1'`), and `'unix'` for Unix
   * sockets. One that comes from elsewhere is closed.
   */
  from: string | readonly string[];
  /** Within so many milliseconds the header is there, or the connection is closed: 1 to 3,600,000. Default 5,000. */
  timeoutMs?: number;
}

/**
 * Why a connection was closed for its PROXY header:
 * - `'untrusted'`: its source is not among those of `from`.
 * - `'missing'`: it begins with something else.
 * - `'malformed'`: it begins as a header and is none.
 * - `'tooLong'`: more than 107 bytes of version 1, or 4096 of version 2.
 * - `'timedOut'`: not all of it came within `timeoutMs`.
 * - `'ended'`: the client ended before that; a health check that only connects, for instance.
 * - `'crowded'`: 1024 others waited for theirs, and this one had waited the longest.
 */
export type ProxyFault =
  | 'untrusted'
  | 'missing'
  | 'malformed'
  | 'tooLong'
  | 'timedOut'
  | 'ended'
  | 'crowded';
