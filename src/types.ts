/** The types of the public surface. No code. */

import type { AddressInfo } from 'node:net';

/**
 * Which worker gets the next connection, among those that have room in their window:
 * - `'round-robin'`: the next one in turn. Right for most servers.
 * - `'least-connections'`: the one that serves the fewest at the moment; among equals the next in
 *   turn. For connections that live long and unevenly, such as WebSockets.
 */
export type PolicyName = 'round-robin' | 'least-connections';

/**
 * How connections reach the workers: `'native'`, by the addon's engine thread and `SCM_RIGHTS`, or
 * `'ipc'`, by Node's own `subprocess.send(message, handle)`.
 */
export type TransportName = 'native' | 'ipc';

/** Options of a {@link Dispatcher}. */
export interface DispatcherOptions {
  /** Which worker gets the next connection. Default `'round-robin'`. */
  policy?: PolicyName;
  /**
   * How many connections may be handed to a worker that it has not yet received: 1 to 1024, or
   * `'auto'` (default): 2, and 8 for a worker that receives what it is handed within a millisecond.
   * Larger windows serve connection storms with less work and make the latency of CPU-bound work
   * more uneven, because a connection that is handed over can no longer go to a worker that becomes
   * free first; `'auto'` tells the two apart. With the ipc transport `'auto'` is 2.
   */
  window?: number | 'auto';
  /**
   * `'auto'` (default) takes `'native'` where the addon can be loaded, else `'ipc'` with one process
   * warning that says why. The environment variable `RONDO_NATIVE=0` makes that `'ipc'` without a
   * warning, `RONDO_NATIVE=1` makes a missing addon an error.
   */
  transport?: 'auto' | TransportName;
  /**
   * After how many milliseconds without receiving anything a worker loses the connections that were
   * handed to it, if another worker can take them: 50 to 3,600,000, default 250; 0 means never. It
   * gets new ones as soon as it receives again. Unless it is 0, a worker that has received nothing for
   * 2 ms already loses them to one that has nothing to do; `'slot:stuck'` is emitted only if it has
   * still not answered after `takeBackMs`. Has no effect with the ipc transport, which cannot take
   * anything back from a living process.
   */
  takeBackMs?: number;
}

/** Where to listen: a port (with or without a host), a path, or a file descriptor. */
export interface ListenOptions {
  /** The name workers may attach to by. Default `'default'`; one open listener per name. */
  name?: string;
  /** TCP port, 0 to 65535; 0 lets the kernel choose. */
  port?: number;
  /**
   * Host name or IP address. Without it, as in `net.Server`: `'::'`, which serves IPv4 too, or
   * `'0.0.0.0'` where IPv6 cannot be had. A name is looked up once.
   */
  host?: string;
  /** With an IPv6 address: do not serve IPv4 too. Default false. */
  ipv6Only?: boolean;
  /**
   * Path of a Unix socket, or on Linux an abstract name with a leading NUL. A file left behind by a
   * dead process is replaced; one in use is `EADDRINUSE`. Removed again at close. With the ipc
   * transport as `net.Server` has it: no replacement.
   */
  path?: string;
  /** Permission bits of the path, in force before the first client can connect. Default: umask's. */
  mode?: number;
  /** A bound or listening stream socket, for instance systemd's. Becomes rondo's, closed by it. */
  fd?: number;
  /**
   * How many connections may wait in the kernel, which is where they wait while every worker is
   * busy. Default 4096; the kernel caps it (on Linux `net.core.somaxconn`).
   */
  backlog?: number;
}

/** What `net.Server`'s `address()` returns: an object for TCP, the path for a Unix socket. */
export type Address = AddressInfo | string;

/**
 * A slot's life. It begins `open`: no process. After `assign` it is `starting`, and `ready` as soon
 * as its worker has attached a server; `drained` when it has closed the last one. A worker that
 * breaks the protocol makes it `retired`. When the process is gone it is `open` again.
 */
export type SlotState = 'open' | 'starting' | 'ready' | 'drained' | 'retired' | 'closed';

/** Figures of one listener, counted since it was opened. */
export interface ListenerStats {
  id: number;
  name: string;
  address: Address | null;
  /** Connections accepted. */
  accepted: number;
  /** Connections dealt once more, after a refusal or after they were reclaimed. */
  redealt: number;
  /** Connections closed by the primary because every worker refused them or it was closing. */
  closed: number;
  /** Errors of accept(2), by code, for instance `{ EMFILE: 3 }`. */
  acceptErrors: Record<string, number>;
}

/** Figures of one slot over all processes that were assigned to it. */
export interface SlotStats {
  id: number;
  state: SlotState;
  /** The process at the moment, or null. */
  pid: number | null;
  /** Connections handed off to the slot. */
  handed: number;
  /** Connections its workers have received. */
  received: number;
  /** Handed and not yet received. */
  pending: number;
  /** Received and not yet closed, as the worker says. */
  active: number;
  /** Connections the worker sent back because it was closing or at `maxConnections`. */
  refused: number;
  /** Connections read back from the channel of a worker that died or did not receive. */
  reclaimed: number;
  /** Connections that its workers were serving when they died; those of a closed slot do not count. */
  unfinished: number;
  /** Connections lost because a process ran out of file descriptors in that very instant. */
  lost: number;
  /**
   * Milliseconds since the event loop of the process last showed that it turns, or null: no process,
   * or one that shows nothing. A loop that is busy, and a process that is stopped, make it grow.
   * Always null with the ipc transport.
   */
  heartbeatAgeMs: number | null;
  /** Errors of handing off, by code, for instance `{ ETOOMANYREFS: 1 }`. */
  handoffErrors: Record<string, number>;
}

/** A snapshot of what a {@link Dispatcher} has counted. */
export interface DispatcherStats {
  transport: TransportName;
  policy: PolicyName;
  window: number | 'auto';
  /** Connections accepted, over all listeners there have been. */
  accepted: number;
  /** Connections in the primary that wait to be dealt again. */
  waiting: number;
  /** Milliseconds in which connections waited and no worker had room. */
  starvedMs: number;
  listeners: ListenerStats[];
  slots: SlotStats[];
}

/** What `'slot:gone'` tells about the process that is gone. */
export interface SlotGoneInfo {
  pid: number | null;
  /** Exit code, or null if a signal ended the process or it never started. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Connections it had not received and that were dealt to others. */
  reclaimed: number;
  /** Why the process could not be started, if so. */
  error?: Error;
}

/** Options of `attach`. */
export interface AttachOptions {
  /** Serve the listener of this name only. Default: every listener no other server has by name. */
  listener?: string;
}
