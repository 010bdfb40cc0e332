/** Options of dispatchers, listeners and slots: types of the public surface. No code. */

import type { IOType } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import type { Stream } from 'node:stream';
import type { ProxyProtocol, RouteFunction, StickyOptions } from './look.js';
import type { Policy } from './policy.js';

/** The public part of a {@link Listener}. */
export interface OpenListener {
  readonly id: number;
  readonly name: string;
  address(): Address;
  configure(changes: ListenerChanges): void;
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/**
 * How connections reach the workers: `'native'`, by the addon's engine thread and `SCM_RIGHTS`, or
 * `'ipc'`, by Node's own `subprocess.send(message, handle)`.
 */
export type TransportName = 'native' | 'ipc';

/**
 * Whether connections of HTTP servers go to another worker between two requests, while theirs serves on:
 * - `'off'`: never.
 * - `'auto'`: after each request, where requests keep the event loop busy for a millisecond and more and some worker has
 *   room; and as many as are needed of one that has more connections than others, and more to do.
 * - `'always'`: after each request. Requests are dealt then, whichever connections they come on.
 */
export type Rebalance = 'off' | 'auto' | 'always';

/** Options of a {@link Dispatcher}. */
export interface DispatcherOptions {
  /**
   * Which worker gets the next connection, for listeners that have no policy of their own. Default
   * `'round-robin'`.
   */
  policy?: Policy;
  /**
   * How many connections may be handed to a worker that it has not yet received: 1 to 1024, or
   * `'auto'` (default): 1, and 8 for a worker that receives what it is handed within a millisecond.
   * For one that serves many clients in a turn of its event loop it is an eighth of their number, up
   * to 8. With 1, a worker takes one new connection in each turn, and where turns are long new
   * clients wait. Larger windows serve connection storms with less work and make the latency of
   * CPU-bound work more uneven, because a connection that is handed over can no longer go to a
   * worker that becomes free first; `'auto'` tells them apart. With the ipc transport `'auto'` is 2.
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
  /**
   * How many connections may be with the workers at once, over all listeners and slots: received and not
   * ended, or on their way. 1 or more; null (default): no limit. What comes beyond it waits or is turned
   * away, as its listener's `overload` says.
   */
  maxConnections?: number | null;
  /**
   * Each connection begins with a PROXY header, on all TCP listeners that have no `proxyProtocol` of their own; see
   * {@link ListenOptions}. Default null: none does. Only with the native transport.
   */
  proxyProtocol?: ProxyProtocol | null;
  /**
   * How many milliseconds a policy or a `route` that is a function has to answer, 1 to 60,000; default 50. After
   * that its connections are dealt by round robin, or not led elsewhere, so that a blocked event loop of the primary delays
   * nobody for longer. With the ipc transport, which does everything on that loop, it is how long one
   * call may take.
   */
  pickTimeoutMs?: number;
  /**
   * Whether connections of HTTP servers go to another worker between two requests: `'auto'` (default), `'off'` or
   * `'always'`; see {@link Rebalance}. Has no effect while fewer than two workers serve. With the ipc transport
   * connections stay where they are, and `'always'` is `ERR_RONDO_NATIVE_MISSING`.
   */
  rebalance?: Rebalance;
  /**
   * For listeners that have no `sticky` of their own. Default: none. Cannot be changed later. Needs the native transport.
   */
  sticky?: string | StickyOptions | null;
}

/** Where to listen: a port (with or without a host), a path, or a file descriptor. */
export interface ListenOptions {
  /** The name workers may attach to by. Default `'default'`; one open listener per name. */
  name?: string;
  /** TCP port, 0 to 65535; 0 lets the kernel choose. */
  port?: number;
  /**
   * Host name or IP address. Without it, as in `net.Server`: `'::'`, which serves IPv4 too, or
   * `'0.0.0.0'` where IPv6 is not available. A name is looked up once.
   */
  host?: string;
  /** With an IPv6 address: do not serve IPv4 too. Default false. */
  ipv6Only?: boolean;
  /**
   * Path of a Unix socket, or on Linux an abstract name with a leading NUL. A file left behind by a
   * dead process is replaced; one in use is `EADDRINUSE`. Removed again at close. If somebody removes
   * it before that, it is bound anew, within a second at the latest. With the ipc transport as
   * `net.Server` has it: no replacement, and not bound anew.
   */
  path?: string;
  /** Permission bits of the path, in force before the first client can connect. Default: umask's. */
  mode?: number;
  /** Adds to the path's permission bits that everybody may read, as `net.Server` does. Default false. */
  readableAll?: boolean;
  /** The same for writing, which connecting is. Default false. */
  writableAll?: boolean;
  /** A bound or listening stream socket, for instance systemd's. Becomes rondo's, closed by it. */
  fd?: number;
  /**
   * How many connections may wait in the kernel, which is where they wait while every worker is
   * busy. Default 4096; the kernel caps it (on Linux `net.core.somaxconn`).
   */
  backlog?: number;
  /**
   * Keeps the connections of a session with one worker: {@link StickyOptions}, or the list of its `by` as a text, such as
   * `'query:sid,cookie:io,address'`. null: no sessions. Default: the dispatcher's. Needs the native transport.
   */
  sticky?: string | StickyOptions | null;
  /**
   * Several programs on one port: which of this dispatcher's listeners serves a connection, by the server name that a TLS
   * client asks for, or by the host of a request. Keys are host names, `'*.example.com'` for all names below one (the longest
   * goes first), and `'default'` for whatever else comes; values are names of open listeners, this one's own included, and
   * theirs have no routes. Or a function that names the listener: {@link RouteFunction}. What matches nothing is this listener's
   * own, and is closed if no worker serves that. TLS is not ended here: the worker does that. The first request of a connection
   * decides. Cannot be changed later. Needs the native transport; not with `path`.
   */
  route?: Record<string, string> | RouteFunction;
  /**
   * Without a socket of its own: it gets what another listener's `route` leads to it. With `name`, and without `port`, `path`,
   * `fd`, limits and `route`. Needs the native transport. Default false.
   */
  virtual?: boolean;
  /** Aborted, it closes the listener, or keeps it from opening. */
  signal?: AbortSignal;
  /** Which worker gets this listener's next connection. Default: the dispatcher's policy. */
  policy?: Policy;
  /**
   * How many connections of this listener may be with the workers at once: received and not ended, or on
   * their way. 1 or more; null (default): no limit.
   */
  maxConnections?: number | null;
  /**
   * What becomes of a connection that no worker can take because of a `maxConnections`: the listener's,
   * the dispatcher's, or that of every slot. `'queue'` (default): it waits, in the kernel's backlog with
   * the native transport and in the primary with ipc. `'reset'`: it is closed at once, with a reset, and
   * counted as `turnedAway`.
   */
  overload?: 'queue' | 'reset';
  /**
   * After so many milliseconds of waiting for a worker a connection is closed, with a reset, and counted
   * as `turnedAway`. 1 or more; null (default): never.
   */
  maxQueueMs?: number | null;
  /**
   * How many connections between two requests the primary holds for this listener, with the native transport: 0 to
   * 1,000,000, default 4096. What workers give back beyond that is dealt to another one at once, without waiting
   * for its request.
   */
  maxIdle?: number;
  /**
   * How many milliseconds the first bytes of a connection are waited for, where `sticky` or `route` has rondo look at them: 1
   * to 60,000. Default 5000. Then it is dealt with what is known. Nobody else waits for it meanwhile. With `proxyProtocol` its
   * `timeoutMs` is for both.
   */
  lookTimeoutMs?: number;
  /**
   * Each connection begins with a header of the PROXY protocol (haproxy's proxy-protocol.txt, version 1 or 2), which
   * says who the client is: for the worker, the policies and whoever asks the socket. Without one, or from a source
   * that is not among these, a connection is closed and counted as a `proxyFault`. Null: no header, whatever the
   * dispatcher says. Default: the dispatcher's. Only with the native transport.
   */
  proxyProtocol?: ProxyProtocol | null;
}

/** What `listener.configure()` may change. What is left out stays; null removes a limit. */
export type ListenerChanges = Pick<
  ListenOptions,
  | 'policy'
  | 'maxConnections'
  | 'overload'
  | 'maxQueueMs'
  | 'maxIdle'
  | 'proxyProtocol'
  | 'lookTimeoutMs'
>;

/** Options of a {@link Slot}; for `slot.configure()`, what is left out stays. */
export interface SlotOptions {
  /**
   * How many connections the slot gets in proportion to others, with the policy `'weighted'` and for a
   * function that looks at it: 1 to 65,535. Default 1.
   */
  weight?: number;
  /**
   * How many connections the slot's worker may have at once: received and not ended, or on their way. 1
   * or more; null (default): no limit.
   */
  maxConnections?: number | null;
}

/** Options of `slot.spawnOptions()`: what is the program's own in those of `spawn()` and `fork()`. */
export interface SlotSpawnOptions {
  /** Default: `process.env`. The slot's variables are added. */
  env?: NodeJS.ProcessEnv;
  /** For stdin, stdout and stderr, one for all or an array of three. Default `'inherit'`. */
  stdio?: StdioEntry | [StdioEntry, StdioEntry, StdioEntry];
}

/** What `spawn()` takes for one of the three. */
export type StdioEntry = IOType | Stream | number | null | undefined;

/** What `slot.spawnOptions()` returns. */
export interface SpawnedWith {
  stdio: Array<StdioEntry | 'ipc'>;
  env: NodeJS.ProcessEnv;
}

/** What `net.Server`'s `address()` returns: an object for TCP, the path for a Unix socket. */
export type Address = AddressInfo | string;
