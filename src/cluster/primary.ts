/**
 * node:cluster's primary on rondo. Each fork gets a slot and its channel; a worker's wish to listen
 * is answered as Node's round robin would, but the listener is the dispatcher's and the connections
 * go by the channel. Everything else stays Node's own: workers, events, messages, SCHED_NONE, UDP.
 */

import type { ChildProcess } from 'node:child_process';
import type { Cluster, Worker } from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import { getSystemErrorMap } from 'node:util';
import { Dispatcher } from '../dispatcher/dispatcher.js';
import type { Listener, ListenerSettings } from '../dispatcher/listener.js';
import type { Slot } from '../dispatcher/slot.js';
import type { LentSocket } from '../dispatcher/transport.js';
import { RondoError } from '../errors.js';
import { loadNative } from '../native/index.js';
import type { Address, DispatcherOptions } from '../types/options.js';
import { addonsForbiddenBy, type WorkerArgs } from './addons.js';
import { type Fork, forkWith } from './fork.js';
import { listenOptions } from './listen.js';
import {
  isCloseServer,
  isClusterMessage,
  isQueryServer,
  keyOf,
  type QueryAnswer,
  type QueryServer,
} from './messages.js';
import { type Lack, SharedListeners } from './shared-listeners.js';
import { isAddressOf, type PassedListener, TakenListeners } from './taken-listeners.js';

/** How long workers have for what was accepted before the last listener closed. */
const SETTLE_MS = 250;
/** And before another process had all listeners: nobody waits for that. */
const LEAVE_MS = 10_000;

/** What a Dispatcher has by default. */
const LONG_BACKLOG = 4096;

type OnListenError = (worker: Worker, error: NodeJS.ErrnoException) => void;

type InternalListener = (message: unknown, handle: unknown) => void;

/** A listening socket that this process was started with. */
export interface InheritedSocket {
  fd: number;
  /** For `attach(server, { listener })`. */
  name: string;
}

/** A listener, as another process gets it. */
export interface Lent {
  readonly listener: Listener;
  readonly passed: PassedListener;
  readonly lent: LentSocket;
}

/** A worker as it was forked: with the variables that the program gave it alone. */
export interface Forked {
  readonly worker: Worker;
  readonly slot: Slot;
  readonly env: Readonly<Record<string, unknown>>;
}

export class ClusterPrimary {
  readonly dispatcher: Dispatcher;
  readonly #cluster: Cluster;
  readonly #fork: Fork;
  readonly #listeners = new SharedListeners((listener) => {
    this.#tellSockets();
    const isKept = [...this.#inherited.values()].includes(listener) || this.taken.keeps(listener);
    if (!isKept) void listener.close();
  });
  /** By their fd. They are there whether or not a worker has them. */
  readonly #inherited = new Map<number, Listener>();
  /** Of the primary before this one. */
  readonly taken = new TakenListeners();
  #keepsListeners = false;
  /** Nobody is to listen any more: the workers are about to end. */
  #isEnded = false;
  readonly #backlogs = new WeakMap<Listener, number>();
  readonly #freeSlots: Slot[] = [];
  readonly #onListenError = new Set<OnListenError>();
  readonly #onServing = new Set<(worker: Worker) => void>();
  readonly #onSockets = new Set<() => void>();
  readonly #slots = new Map<Worker, Slot>();
  readonly #onFork = new Set<(forked: Forked) => void>();

  /** Once per process, for the class of Node's workers is patched. */
  constructor(cluster: Cluster, fork: Fork, options: DispatcherOptions) {
    this.#cluster = cluster;
    this.#fork = fork;
    this.dispatcher = new Dispatcher(options);
    this.dispatcher.on('slot:retired', (_slot, error) => {
      process.emitWarning(error.message, { type: 'RondoWarning', code: 'RONDO_WORKER_RETIRED' });
    });
    // The program that gave the function does not see the dispatcher.
    this.dispatcher.on('policy:error', (error) => {
      process.emitWarning(error.message, { type: 'RondoWarning', code: 'RONDO_POLICY_ERROR' });
    });
    this.dispatcher.on('proxy:error', (error) => {
      process.emitWarning(error.message, { type: 'RondoWarning', code: 'RONDO_PROXY_HEADER' });
    });
    for (const event of ['listening', 'listener:renewed'] as const) {
      this.dispatcher.on(event, () => this.#tellSockets());
    }
    this.#patchDisconnect();
    // Of a process that could not be started, too, which never exits.
    this.dispatcher.on('slot:gone', (slot) => {
      for (const [worker, its] of this.#slots) if (its === slot) this.#slots.delete(worker);
      this.#freeSlots.push(slot);
    });
  }

  /** In place of `cluster.fork(env)`. */
  fork(env: object | undefined, isPreloaded: boolean): Worker {
    const slot = this.#takeSlot();
    let worker: Worker;
    try {
      const { stdio, env: channelEnv } = slot;
      const channel = { stdio: stdio.slice(4), env: channelEnv };
      worker = forkWith(this.#cluster, this.#fork, env, { channel, isPreloaded });
    } catch (error) {
      this.#freeSlots.push(slot);
      throw error;
    }
    this.#interceptMessages(worker);
    this.#slots.set(worker, slot);
    slot.assign(worker.process);
    for (const then of this.#onFork) then({ worker, slot, env: { ...env } });
    return worker;
  }

  /**
   * Whether a listener outlives its last worker, so that connections wait for the next one in place of
   * being refused. Only a worker that closes its server, and does not just end, closes the listener then.
   * Without, those that have no worker are closed.
   */
  keepListeners(isKept: boolean): void {
    this.#keepsListeners = isKept;
    this.#isEnded = false;
    if (!isKept) this.closeUnusedListeners();
  }

  /** Calls back for each worker when it has been forked. */
  onFork(then: (forked: Forked) => void): void {
    this.#onFork.add(then);
  }

  /**
   * A worker that listens at one of their addresses, or at their fd, gets that socket. Takes the fds
   * over. Rejects as `dispatcher.listen()` does.
   */
  async inherit(sockets: readonly InheritedSocket[]): Promise<void> {
    for (const { fd, name } of sockets) {
      this.#inherited.set(fd, await this.dispatcher.listen({ fd, name }));
    }
  }

  /** By the numbers that workers know them by. */
  get inheritedSockets(): Array<{ fd: number; name: string }> {
    return [...this.#inherited].map(([fd, { name }]) => ({ fd, name }));
  }

  /**
   * As `inherit()`, for the sockets of another primary, which has them still. Their files are its own until
   * `taken.takeFiles()`.
   */
  async takeOver(sockets: readonly PassedListener[]): Promise<void> {
    for (const passed of sockets) {
      const { inherited, keys, backlog } = passed;
      const name = inherited?.name ?? `cluster:${nameOf(keys[0]?.key ?? '')}`;
      const listener = await this.taken.add(this.dispatcher, name, passed);
      this.#backlogs.set(listener, backlog);
      if (inherited !== null) this.#inherited.set(inherited.fd, listener);
    }
  }

  /** What was taken over is this process's alone: so are the files of paths, which may be gone by now. */
  takeFiles(): void {
    this.taken.takeFiles();
    this.dispatcher.renewPaths();
  }

  /** All that is open, for another process. The fds are to be closed when it has been started. */
  async lend(): Promise<Lent[]> {
    const byListener = new Map<Listener, PassedListener>();
    const add = (listener: Listener): PassedListener => {
      const passed = byListener.get(listener) ?? {
        fd: -1,
        address: listener.address(),
        backlog: this.#backlogs.get(listener) ?? LONG_BACKLOG,
        file: null,
        keys: [],
        inherited: null,
        settings: settingsOf(listener),
      };
      byListener.set(listener, passed);
      return passed;
    };
    for (const [fd, listener] of this.#inherited) {
      add(listener).inherited = { fd, name: listener.name };
    }
    // Of this moment, as the others are: one that is wanted meanwhile is among neither otherwise.
    for (const { listener, passed } of this.taken.unwanted) add(listener).keys.push(...passed.keys);
    for (const { key, listener, data, lateMs } of await this.#listeners.entries()) {
      const passed = add(listener);
      passed.keys.push({ key, data });
      passed.lateMs = Math.max(passed.lateMs ?? 0, lateMs);
    }
    const all: Lent[] = [];
    try {
      for (const [listener, passed] of byListener) {
        const lent = listener.lend();
        passed.file = lent.file;
        all.push({ listener, passed, lent });
      }
      return all;
    } catch (error) {
      // Out of descriptors, for instance, after some.
      for (const { lent } of all) lent.close();
      throw error;
    }
  }

  /**
   * As `closeListeners()`, for listeners that another process has: their files stay. With `passesOn` what no worker has
   * received goes there; otherwise workers have more time to receive it, for nobody else can.
   */
  leaveListeners(passesOn: boolean, onLeft: () => void): Promise<void> {
    const settleMs = passesOn ? SETTLE_MS : LEAVE_MS;
    return this.#endListeners((listener) => listener.leave(), settleMs, onLeft);
  }

  /**
   * As `leaveListeners()`, in a new process that is called off: the old one has the sockets that were its, and their
   * files stay. What was opened here is nobody's then, and is closed.
   */
  giveBackListeners(): Promise<void> {
    const endOne = (listener: Listener): Promise<void> =>
      this.taken.has(listener) ? listener.leave() : listener.close();
    return this.#endListeners(endOne, SETTLE_MS);
  }

  /** Where the worker's connections are counted; undefined when it is gone or released. */
  slotOf(worker: Worker): Slot | undefined {
    return this.#slots.get(worker);
  }

  /** Calls back when a worker serves connections by `attach()`. Returns what ends that. */
  onAttached(then: (worker: Worker) => void): () => void {
    const onReady = (slot: Slot): void => {
      const worker = [...this.#slots].find(([, its]) => its === slot)?.[0];
      // One that listens says so itself.
      if (worker !== undefined && !this.#listeners.isShared(worker)) then(worker);
    };
    this.dispatcher.on('slot:ready', onReady);
    return () => this.dispatcher.off('slot:ready', onReady);
  }

  /** Calls back when a worker has one of the shared listeners more. Returns what ends that. */
  onServing(then: (worker: Worker) => void): () => void {
    this.#onServing.add(then);
    return () => this.#onServing.delete(then);
  }

  /**
   * Where `other` listens and the worker does not. Without `other` it is the workers of the primary before this one, while
   * the start goes on.
   */
  lacking(worker: Worker, other: Worker | null): Lack[] {
    if (other !== null) return this.#listeners.lacking(worker, other);
    return this.taken.expected
      .filter(({ listener }) => !this.#listeners.hasListener(worker, listener))
      .map(({ listener, passed }) => ({ address: listener.address(), lateMs: passed.lateMs ?? 0 }));
  }

  /** Calls back when a worker is told that it cannot listen. Returns what ends that. */
  onListenError(then: OnListenError): () => void {
    this.#onListenError.add(then);
    return () => this.#onListenError.delete(then);
  }

  /** Calls back when there may be other sockets than before, for good. */
  onSockets(then: () => void): void {
    this.#onSockets.add(then);
  }

  #tellSockets(): void {
    for (const then of this.#onSockets) then();
  }

  /**
   * Nothing more is handed to the worker, and what it has not received goes to others. It may still give back what
   * it has: of what moves between requests some is always on its way.
   */
  release(worker: Worker): void {
    const slot = this.#slots.get(worker);
    if (this.dispatcher.transport === 'native') slot?.drain();
    else slot?.close();
    this.#slots.delete(worker);
  }

  /**
   * Closes those that no worker has, after a time in which they were kept. One that is released gets nothing
   * more of it, though it has not ended yet. Returns their addresses.
   */
  closeUnusedListeners(): Address[] {
    const closed = this.#listeners.closeUnused((worker) => this.#slots.has(worker));
    return closed.map((listener) => listener.address());
  }

  /**
   * Resolves when nobody can connect any more, and workers have received what was accepted or have had
   * the time to.
   */
  closeListeners(): Promise<void> {
    this.taken.settle();
    return this.#endListeners((listener) => listener.close(), SETTLE_MS);
  }

  async #endListeners(
    endOne: (listener: Listener) => Promise<void>,
    settleMs: number,
    onEnded: () => void = () => {},
  ): Promise<void> {
    this.#isEnded = true;
    const shared = this.#listeners.takeAll();
    const inherited = [...this.#inherited.values()];
    this.#inherited.clear();
    // Those that could not be opened have told their workers.
    const opened = await Promise.allSettled([...shared, ...inherited]);
    await Promise.all(opened.map((one) => one.status === 'fulfilled' && endOne(one.value)));
    onEnded();
    const end = performance.now() + settleMs;
    while (this.#isDealing() && performance.now() < end) await delay(5);
  }

  #isDealing(): boolean {
    const { waiting, looking, slots } = this.dispatcher.stats();
    return waiting + looking > 0 || slots.some(({ pending }) => pending > 0);
  }

  /** The lowest free one, so that a replacement takes its predecessor's place. */
  #takeSlot(): Slot {
    this.#freeSlots.sort((a, b) => b.id - a.id);
    return this.#freeSlots.pop() ?? this.dispatcher.openSlot();
  }

  /** Looks at what Node's primary would get, and keeps from it what is answered here. */
  #interceptMessages(worker: Worker): void {
    const child = worker.process;
    const event = 'internalMessage' as never;
    // The IPC channel's own listener comes first; that of Node's primary has just been added.
    const nodes = child.rawListeners(event).at(-1) as InternalListener;
    child.off(event, nodes as never);
    child.on(event, ((message: unknown, handle: unknown) => {
      if (!this.#answer(worker, message)) nodes.call(child, message, handle);
    }) as never);
    // In either order; when the program is told of one, the addresses are free.
    precede(child, 'disconnect', () => this.#forget(worker));
    precede(child, 'exit', () => {
      this.#forget(worker);
      // Its last act may have been to unlink one that others serve.
      this.dispatcher.renewPaths();
    });
  }

  /** When it returns, and when it tells `cluster.disconnect()` so, the addresses are free. */
  #patchDisconnect(): void {
    const { prototype } = (this.#cluster as Cluster & { Worker: { prototype: Worker } }).Worker;
    const nodes = prototype.disconnect;
    const forget = (worker: Worker) => this.#forget(worker);
    prototype.disconnect = function disconnect(this: Worker) {
      forget(this);
      return nodes.call(this);
    };
  }

  /** False: it is for Node's primary. */
  #answer(worker: Worker, message: unknown): boolean {
    if (!isClusterMessage(message)) return false;
    if (isQueryServer(message)) {
      const isStream = typeof message.addressType !== 'string';
      // A worker without the patch would wait for connections that Node's primary sends.
      if (message.rondo === undefined || !isStream) return false;
      void this.#listen(worker, message);
      return true;
    }
    if (!isCloseServer(message) || !this.#listeners.has(message.key)) return false;
    // One that is released closes its servers because it is about to end.
    this.#listeners.leave(worker, message.key, this.#keepsListeners && !this.#slots.has(worker));
    return true;
  }

  async #listen(worker: Worker, query: QueryServer): Promise<void> {
    // It is about to be told to end, and gets no answer: an address of its own would be nobody's.
    if (this.#isEnded || isLeaving(worker)) return;
    const key = this.#keyFor(worker, query);
    const answer = { cmd: 'NODE_CLUSTER', ack: query.seq, key } as const;
    // "Remove a stale socket file, then listen": it was the one of this listener.
    if (this.#listeners.has(key) && query.port < 0) this.dispatcher.renewPaths();
    try {
      const taken = this.#listeners.has(key) ? null : this.taken.want(key, query);
      const open = async () => taken?.listener ?? (await this.#open(key, query));
      const isOwn = query.ownTickets === true;
      const its = isOwn ? null : (taken?.dataOf(key) ?? query.data);
      const joined = await this.#listeners.join(key, worker, its, open);
      // An answer that it gets when it has closed its handles would keep it running.
      if (isLeaving(worker)) return this.#listeners.leave(worker, key, this.#keepsListeners);
      const { listener } = joined;
      const data = isOwn ? query.data : joined.data;
      const address = listener.address();
      const sockname = typeof address === 'string' ? null : address;
      send(worker.process, { ...answer, errno: null, data, sockname, rondo: listener.id });
    } catch (error) {
      if (isLeaving(worker)) return;
      for (const then of this.#onListenError) then(worker, error as NodeJS.ErrnoException);
      const errno = errnoOf(error as NodeJS.ErrnoException);
      const { address = null, port = 0 } = error as { address?: string | null; port?: number };
      // Node's child gives it to a TLS server before it looks for an error.
      const { data } = query;
      send(worker.process, { ...answer, errno, data, failed: { address, port } });
      return;
    }
    for (const then of this.#onServing) then(worker);
  }

  /** A second one of the worker's own, of that key, is no share of the first: it fails as with another process's. */
  #keyFor(worker: Worker, query: QueryServer): string {
    const key = keyOf(query);
    return this.#listeners.hasKey(worker, key) ? `${key}:${query.index}` : key;
  }

  async #open(key: string, query: QueryServer): Promise<Listener> {
    for (const [fd, listener] of this.#inherited) {
      if (query.fd === fd || isAddressOf(listener, query)) return listener;
    }
    const options = await listenOptions(query, this.dispatcher.transport === 'native');
    const listener = await this.dispatcher.listen({ name: `cluster:${nameOf(key)}`, ...options });
    if (options.backlog !== undefined) this.#backlogs.set(listener, options.backlog);
    return listener;
  }

  #forget(worker: Worker): void {
    this.#listeners.leaveAll(worker, this.#keepsListeners);
  }
}

/** It was told to disconnect, or has: Node's primary answers it no more. */
function isLeaving(worker: Worker): boolean {
  return worker.exitedAfterDisconnect || !worker.isConnected();
}

/** What Node's primary has just said to do at that event comes after `then`. Seen by nobody. */
function precede(child: ChildProcess, event: 'disconnect' | 'exit', then: () => void): void {
  const nodes = child.rawListeners(event).at(-1) as (...args: unknown[]) => void;
  child.off(event, nodes);
  child.once(event, (...args: unknown[]) => {
    then();
    nodes.apply(child, args);
  });
}

function send(child: ChildProcess, answer: QueryAnswer): void {
  // A worker that is gone, or disconnected, does not want it any more.
  if (child.connected) child.send(answer, () => {});
}

/** A worker can be told of a system error only, so the primary says what else it was. */
function errnoOf(error: NodeJS.ErrnoException): number {
  if (error.errno !== undefined) return error.errno;
  process.emitWarning(`A worker cannot listen: ${error.message}`, {
    type: 'RondoWarning',
    code: error.code ?? 'RONDO_CANNOT_LISTEN',
  });
  return [...getSystemErrorMap()].find(([, [name]]) => name === 'EMFILE')?.[0] as number;
}

/** A policy that is a function stays in its process. */
function settingsOf(listener: Listener): ListenerSettings | null {
  const { isPaused, changes } = listener.settings;
  const { policy, ...others } = changes;
  const passed = typeof policy === 'function' ? others : changes;
  return isPaused || Object.keys(passed).length > 0 ? { isPaused, changes: passed } : null;
}

let names = 0;

/** Long paths would not do as names; the number alone would tell nobody anything. */
function nameOf(key: string): string {
  return `${names++}:${key.slice(0, 40)}`;
}

/**
 * Why the drop-in cannot work in this process, or null. Not if the native transport is demanded or needed: the
 * Dispatcher throws then, and this does where the workers could not load the addon: `ERR_RONDO_NATIVE_MISSING`.
 */
export function whyUnavailable(options: DispatcherOptions, workerArgs: WorkerArgs): string | null {
  const { transport = 'auto', sticky = null, proxyProtocol = null } = options;
  const demand = process.env.RONDO_NATIVE;
  // Without it the program would take headers for its clients' own bytes, and sessions would not stay where they are.
  const isNeeded = sticky !== null || proxyProtocol !== null;
  const isDemanded = transport === 'native' || isNeeded || demand === '1';
  if (transport === 'ipc' || (demand === '0' && !isNeeded)) return null;
  const forbidding = addonsForbiddenBy(workerArgs);
  if (forbidding !== null) {
    const reason = `${forbidding} keeps the workers from loading the addon`;
    if (isDemanded) throw new RondoError('ERR_RONDO_NATIVE_MISSING', reason);
    return reason;
  }
  if (isDemanded) return null;
  const native = loadNative();
  return native instanceof Error ? native.message : null;
}
