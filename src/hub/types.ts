/** What `rondo/hub` takes and gives; see docs/messages.md. */

/** Names of events, and the arguments of their listeners. */
export type EventMap = Record<string, unknown[]>;

/** What a member is. A process that was not forked by the primary is an `other`. */
export type Role = 'primary' | 'agent' | 'worker' | 'thread' | 'other';

/** A process, or a worker thread, that has joined. */
export interface Member {
  /** Of this member alone, as long as it lives; `{ id }` is a target. */
  readonly id: string;
  readonly pid: number;
  /** Of a worker: its seat of the Supervisor, otherwise its slot; else null. */
  readonly seat: number | null;
  readonly role: Role;
}

/**
 * Whom `sendTo()` and `request()` mean: the worker with that seat, the newest if there are two; the process with that pid
 * (its main thread); the member with that id; the primary; the agent; all other workers; one of them.
 */
export type Target =
  | number
  | { readonly pid: number }
  | { readonly id: string }
  | 'primary'
  | 'agent'
  | 'workers'
  | 'random';

/** What happens to messages that do not fit into a reader's queue. */
export type Overflow = 'drop-oldest' | 'drop-newest' | 'reject';

/** Options of `hub.configure()`. */
export interface HubOptions {
  /** The largest message this process sends, in bytes as serialized. Default 1 MiB, at most 64 MiB. */
  readonly maxMessageBytes?: number;
  /** How many messages may wait for one reader. Default 10,000. */
  readonly maxQueued?: number;
  /** And how many bytes; at least `maxMessageBytes`. Default 16 MiB. */
  readonly maxQueuedBytes?: number;
  /**
   * What happens to those that do not fit. Default `drop-oldest`. With `reject` `sendTo()` rejects; a dropped
   * `request()` rejects with each of them, and `emit()` only counts.
   */
  readonly overflow?: Overflow;
  /** A direct connection without a message for so many milliseconds is closed. Default 30,000. */
  readonly idleMs?: number;
}

/** The last argument of `request()`. */
export interface RequestOptions {
  /** In milliseconds. Default 5,000; 0: none. */
  readonly timeoutMs?: number;
  /** Its reason is what the request rejects with. */
  readonly signal?: AbortSignal;
}

/** Numbers of this process; all but the first two and `queued…` count from its start. */
export interface HubStats {
  /** Others that have joined. */
  readonly members: number;
  /** Open connections to others. */
  readonly links: number;
  /** Messages handed to sockets; one to three readers counts three times. */
  readonly sent: number;
  readonly received: number;
  /** Messages that did not fit, whose reader was gone, or that were under way when a connection broke. */
  readonly dropped: number;
  /** Connections to this process that were ended: a wrong token, a bad frame, or too slow to say who they are. */
  readonly refused: number;
  /** What waits for readers now. */
  readonly queued: number;
  readonly queuedBytes: number;
}

/** Is called with the arguments of a message. */
export type HubListener<Args extends unknown[]> = (...args: Args) => void;

/** The name of an event, of those in the map. */
export type EventName<Events extends EventMap> = keyof Events & string;

/** Messages between the processes of a program; see docs/messages.md. */
export interface Hub<Events extends EventMap = EventMap> {
  /**
   * Resolves when this process has joined, and every other one knows what it listens for or has not answered for
   * two seconds. Rejects with `ERR_RONDO_CLOSED` if the hub is closed before, and with `ERR_RONDO_HUB_GONE` if the
   * primary is gone.
   */
  ready(): Promise<void>;

  /**
   * To every other process that listens for the event, never to this one. Throws `ERR_RONDO_INVALID_OPTION`
   * (the name), `ERR_RONDO_HUB_VALUE` (arguments that cannot be cloned), `ERR_RONDO_HUB_TOO_LARGE`,
   * `ERR_RONDO_CLOSED`; never for a reader that is slow or gone, which is counted.
   */
  emit<N extends EventName<Events>>(event: N, ...args: Events[N]): void;

  /** The same as `emit()`. */
  emitRemote<N extends EventName<Events>>(event: N, ...args: Events[N]): void;

  /** This process's listeners, called before it returns. Nothing is cloned. False if there are none. */
  emitLocal<N extends EventName<Events>>(event: N, ...args: Events[N]): boolean;

  /**
   * To one, or to all other workers. True: the message was handed to the socket of each, or at least one. False: nobody is there, or
   * nobody that listens for the event, or it was dropped. Rejects as `emit()` throws, and with
   * `ERR_RONDO_HUB_OVERFLOW` where that is chosen. What a process sends to itself is cloned, too.
   */
  sendTo<N extends EventName<Events>>(
    target: Target,
    event: N,
    ...args: Events[N]
  ): Promise<boolean>;

  /**
   * What the target's `handle()` returns; of `'workers'` an array, in the order of `members()`. A last argument made by `requestOptions()`, or a plain object whose keys
   * are `timeoutMs` and `signal`, is the options. Rejects as `sendTo()`, and with `ERR_RONDO_HUB_GONE`
   * (nobody is there, or it ended), `ERR_RONDO_HUB_NO_HANDLER`, `ERR_RONDO_HUB_TIMEOUT`, the reason of the signal,
   * or the error of the handler: its message, name and code.
   */
  request<N extends EventName<Events>>(
    target: Target,
    event: N,
    ...args: [...Events[N], RequestOptions] | Events[N]
  ): Promise<unknown>;

  /** Answers requests. One handler an event; another throws `ERR_RONDO_HUB_HANDLED`. */
  handle<N extends EventName<Events>>(event: N, handler: (...args: Events[N]) => unknown): this;
  unhandle(event: EventName<Events>): this;

  on<N extends EventName<Events>>(event: N, listener: HubListener<Events[N]>): this;
  once<N extends EventName<Events>>(event: N, listener: HubListener<Events[N]>): this;
  off<N extends EventName<Events>>(event: N, listener: HubListener<Events[N]>): this;
  addListener<N extends EventName<Events>>(event: N, listener: HubListener<Events[N]>): this;
  removeListener<N extends EventName<Events>>(event: N, listener: HubListener<Events[N]>): this;
  /** Without a name, of all events. */
  removeAllListeners(event?: EventName<Events>): this;
  listenerCount(event: EventName<Events>): number;

  /**
   * The arguments of each message, from this call on. As many as `maxQueued` wait; then the oldest are dropped and
   * counted. It ends by `break`, `return()` or `close()`; an aborted signal rejects with its reason.
   */
  events<N extends EventName<Events>>(
    event: N,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterableIterator<Events[N]>;

  /** Who sent the message whose listener or handler runs now, until that returns or first awaits; else null. */
  sender(): Member | null;

  /** This process, and null before it has joined. */
  self(): Member | null;

  /** The others that have joined, oldest first. */
  members(): Member[];

  /** What is left out stays. Throws `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`. */
  configure(options: HubOptions): void;

  stats(): HubStats;

  /** Leaves, when what was sent is handed over, or after five seconds. It cannot be used any more then. */
  close(): Promise<void>;
}
