/** The types of the public surface. No code. */

import type { IOType } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import type { Stream } from 'node:stream';

/**
 * Which worker gets the next connection, among those that have room in their window:
 * - `'round-robin'`: in turn, and as many for each. Right for most servers.
 * - `'least-connections'`: the one that has the fewest at the moment; among equals the next in turn.
 *   For connections that live long and unevenly, such as WebSockets.
 * - `'two-choices'`: of two, the one that has fewer; which two changes from one to the next.
 * - `'least-loaded'`: leaves out workers whose event loop is late, then as `'least-connections'`.
 * - `'source-ip'`: the same worker for the same client, by its address, as long as the worker serves.
 * - `'random'`: any, each as likely.
 * - `'weighted'`: in turn, and as many as the slot's `weight` says.
 */
export type PolicyName =
  | 'round-robin'
  | 'least-connections'
  | 'two-choices'
  | 'least-loaded'
  | 'source-ip'
  | 'random'
  | 'weighted';

/** A policy by its name, by its name with options, or a function that decides itself. */
export type Policy = PolicyName | PolicyOptions | PickFunction;

/** A policy by its name with its options. Only `'source-ip'` and `'random'` have some. */
export type PolicyOptions = { name: PolicyName } | SourceIpOptions | RandomOptions;

/**
 * Options of `'source-ip'`. Each address ranks all workers, always in the same order, so that one that
 * comes or goes moves its own clients and no others. Clients of a Unix socket have no address and are
 * dealt by round robin.
 */
export interface SourceIpOptions {
  name: 'source-ip';
  /**
   * The largest share of the open connections that a worker may have, in multiples of the mean: 1.01 to
   * 100. A client beyond it gets the next worker of its rank. Default: none, which leaves it to the
   * addresses.
   */
  bound?: number;
  /**
   * How many milliseconds a connection waits for its worker while that has no room, before it goes to
   * the next by rank: 0 to 60,000. Default 100.
   */
  waitMs?: number;
  /** How many bits of an IPv6 address name a client: 1 to 128. Default 64, what one network has. */
  ipv6Prefix?: number;
}

/** Options of `'random'`. */
export interface RandomOptions {
  name: 'random';
  /** The same seed gives the same sequence: 0 to 4,294,967,295. Default: another one each time. */
  seed?: number;
}

/**
 * Decides in the primary which worker gets each of some new connections. Called on the event loop of the
 * thread that made the dispatcher, with all connections of one listener that wait for an answer, so one
 * call answers many of them in a storm.
 *
 * Returns the `id` of a slot for each connection, in their order, or null for round robin. Must answer at
 * once (not by a promise) and within `pickTimeoutMs`, which counts from the arrival of a connection. A
 * connection waits up to 100 ms for a worker without room, and then goes to another.
 *
 * If it throws, or answers a list of another length or ids that are not among `slots`, those connections
 * are dealt by round robin and the dispatcher emits `'policy:error'`.
 */
export type PickFunction = (
  connections: PickConnection[],
  slots: PickSlot[],
) => Array<number | null>;

/** A connection that a {@link PickFunction} decides on. */
export interface PickConnection {
  /** The peer's address; null for a Unix socket. */
  address: string | null;
  /** The peer's port; 0 for a Unix socket. */
  port: number;
  /** Null for a Unix socket. */
  family: 'IPv4' | 'IPv6' | null;
  /** Where it came: what `dispatcher.listen()` returned. */
  listener: OpenListener;
}

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

/** A worker that a {@link PickFunction} can choose: one that serves connections. In order of `id`. */
export interface PickSlot {
  /** The slot's number. */
  id: number;
  /** Connections that it has received and that have not ended. */
  open: number;
  /** Connections that were handed to it and that it has not received. */
  pending: number;
  /** As in {@link SlotStats}. */
  loopDelayMs: number | null;
  /** As in {@link SlotStats}. */
  utilisation: number | null;
  /** The slot's weight. */
  weight: number;
}

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

/**
 * What {@link DispatcherOptions.rebalance} comes to at the moment:
 * - `'moving'`: connections move after each request.
 * - `'off'`: not at all. The option is `'off'`, or the transport `'ipc'`.
 * - `'alone'`: fewer than two workers serve.
 * - `'quick'`: with `'auto'`, requests are quick, or there are none, or those that are slow wait for a CPU.
 * - `'full'`: with `'auto'`, requests are slow, and the workers have no room.
 */
export type Rebalancing = 'moving' | 'off' | 'alone' | 'quick' | 'full';

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
   * `'0.0.0.0'` where IPv6 cannot be had. A name is looked up once.
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
  /** The policy in force: its own, or the dispatcher's. */
  policy: PolicyName | 'function';
  /** Whether it accepts nothing, because it or the whole dispatcher is paused. */
  paused: boolean;
  /** Connections accepted. */
  accepted: number;
  /** Connections dealt once more, after a refusal or after they were reclaimed. */
  redealt: number;
  /** Connections closed by the primary because every worker refused them or it was closing. */
  closed: number;
  /** Connections closed with a reset because of `overload: 'reset'` or `maxQueueMs`. */
  turnedAway: number;
  /** Connections that came here and went on to another listener, by the `route`. */
  routedOn: number;
  /** Connections that came to another listener and went on to this one. */
  routedHere: number;
  /** Of the `sticky` one. */
  sessions: SessionStats;
  /** Connections closed for their PROXY header, by what was wrong, for instance `{ missing: 2 }`. */
  proxyFaults: Partial<Record<ProxyFault, number>>;
  /** Errors of accept(2), by code, for instance `{ EMFILE: 3 }`. */
  acceptErrors: Record<string, number>;
  /** Why the file of a path that had been removed could not be bound anew, by code; see `renew:error`. */
  renewErrors: Record<string, number>;
}

/** Sessions that stay with one worker each. All are 0 for a listener that is not `sticky`. */
export interface SessionStats {
  /** Known at the moment. */
  held: number;
  /** Begun: nobody had them. */
  created: number;
  /** Gone on with another worker, because theirs was gone or had no room for `waitMs`. */
  moved: number;
  /** Forgotten for new ones, there being `maxSessions`. */
  evicted: number;
  /** Forgotten, since nobody had used them for `idleMs`. Found when they are shown again, or when new ones come. */
  expired: number;
  /** Ended by their worker: `releaseSession()`. */
  ended: number;
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
  /** Received and not ended, as the worker says. 0 when its process is gone. */
  open: number;
  /** Received and ended: closed by the client, the server or the program. */
  ended: number;
  /** Connections the worker sent back because it was closing or at `maxConnections`. */
  refused: number;
  /** Connections it gave back between two requests, which may be another worker's since. */
  released: number;
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
  /**
   * How long a turn of the process's event loop takes of late, in milliseconds: the longest, forgotten
   * by an eighth each 100 ms. With the ipc transport, how long its answers to connections take. Null: no
   * process, or nothing is known yet.
   */
  loopDelayMs: number | null;
  /**
   * The share of the time in which the process's event loop did not wait, 0 to 1, as
   * `performance.eventLoopUtilization()` counts it. Null as `loopDelayMs`, and with the ipc transport.
   */
  utilisation: number | null;
  /** Resident memory of the process. Null as `utilisation`. */
  memoryBytes: number | null;
  weight: number;
  maxConnections: number | null;
  /** Errors of handing off, by code, for instance `{ ETOOMANYREFS: 1 }`. */
  handoffErrors: Record<string, number>;
}

/** What became of connections that workers gave back between two requests, over all listeners. */
export interface IdleStats {
  /** Held in the primary at the moment. */
  held: number;
  /** Dealt again: something had arrived, or there was no place for them (`maxIdle`). */
  moved: number;
  /** Ended by their clients. */
  ended: number;
  /** Closed, since nothing had arrived for so long as their server lets them be idle. */
  timedOut: number;
  /** Closed with their listener or the dispatcher, or could not be passed on. */
  closed: number;
  /** Of an upgrade: passed on to the process that has the listeners now. */
  passedOn: number;
  /** And that came from the process which had them before, where they are among the accepted ones. */
  takenOver: number;
}

/** A snapshot of what a {@link Dispatcher} has counted. */
export interface DispatcherStats {
  transport: TransportName;
  /** Of listeners that have none of their own. */
  policy: PolicyName | 'function';
  window: number | 'auto';
  maxConnections: number | null;
  /** Connections accepted, over all listeners there have been. */
  accepted: number;
  /** Connections in the primary that wait: to be dealt again, for a policy's answer, or for one worker. */
  waiting: number;
  /** Connections in the primary of which the first bytes are still to come; see `proxyProtocol`. */
  looking: number;
  /** Milliseconds in which connections waited and no worker had room. */
  starvedMs: number;
  /** How often the engine's thread has woken up. 0 with the ipc transport, which has none. */
  wakeUps: number;
  /** Connections that workers gave back between two requests. All 0 with the ipc transport. */
  idle: IdleStats;
  /** Whether connections move after each request at the moment, or why not. */
  rebalancing: Rebalancing;
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

/** Options of `release`. */
export interface ReleaseOptions {
  /**
   * After so many milliseconds without a byte the primary closes the connection: 0 to 2,147,483,647; 0: never.
   * Default: for one of an HTTP server what is left of its `keepAliveTimeout`, else 0.
   */
  idleTimeoutMs?: number;
}
