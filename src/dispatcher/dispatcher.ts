/**
 * The Dispatcher: owns listeners and slots and brings them together through a transport. Knows
 * nothing of forking; who spawns the workers, and when, is the program's business.
 */

import { EventEmitter } from 'node:events';
import { RondoError } from '../errors.js';
import { MOST_SLOTS } from '../protocol/protocol.js';
import type {
  Address,
  DispatcherOptions,
  ListenOptions,
  Rebalance,
  SlotOptions,
  TransportName,
} from '../types/options.js';
import type { DispatcherStats, Rebalancing } from '../types/stats.js';
import { ConnectionNews } from './connection-news.js';
import { type DispatcherEvents, type Tell, tellerOf, transportEvents } from './events.js';
import { dealingOptions, Listener, type ListenerOwner, resolveTarget } from './listener.js';
import type { ListenerTotals } from './listener-sums.js';
import { Listeners } from './listeners.js';
import { publishListener } from './news.js';
import { checkMayMove, checkNative, openTransport } from './open-transport.js';
import {
  type ValidDispatcherOptions,
  type ValidListenOptions,
  type ValidPlace,
  validateChanges,
  validateDispatcherOptions,
  validateListenOptions,
  validateSlotOptions,
} from './options.js';
import { isSamePolicy, type ValidPolicy, validatePolicy } from './policies/index.js';
import { checkTransport, proxyProtocolOf } from './proxy-protocol.js';
import { Rebalancer } from './rebalance.js';
import { checkTargets, routeTable } from './route.js';
import { Slot, type SlotOwner } from './slot.js';
import { StateEncoder } from './state.js';
import { type ValidSticky, validateSticky } from './sticky.js';
import type { Passing, SlotLoad, Transport, TransportCounts } from './transport.js';

export type { DispatcherEvents };

type SlotMember = SlotLoad & { slot: Slot };

/** @internal */
export type DispatcherCounts = TransportCounts & { rebalancing: Rebalancing };

/** @internal */
export interface TakenSocket {
  fd: number;
  name: string;
  backlog: number;
  address: Address;
}

/**
 * Accepts connections and deals them to worker processes.
 *
 * ```js
 * const dispatcher = new Dispatcher();
 * await dispatcher.listen({ port: 8000 });
 * const slot = dispatcher.openSlot();
 * slot.assign(spawn(process.execPath, ['worker.js'], {
 *   stdio: slot.stdio,
 *   env: { ...process.env, ...slot.env },
 * }));
 * ```
 *
 * A dispatcher with an open listener keeps the process running, as a server does. Events:
 * {@link DispatcherEvents}.
 */
export class Dispatcher extends EventEmitter<DispatcherEvents> {
  #options: ValidDispatcherOptions;
  #policy: ValidPolicy;
  readonly #sticky: ValidSticky | null;
  readonly #transport: Transport;
  readonly #listeners = new Listeners();
  readonly #slots = new Map<number, Slot>();
  readonly #rebalancer: Rebalancer<SlotMember>;
  readonly #state: StateEncoder;
  /** The last generation of each number of a closed slot, so that news of it is nobody else's. */
  readonly #generations: number[] = [];
  readonly #tell: Tell = tellerOf(this);
  #isPaused = false;
  readonly #news = new ConnectionNews({
    slots: () => this.stats().slots,
    addresses: () => this.listenerTotals(),
  });
  #closing: Promise<void> | null = null;

  /**
   * Starts the transport, no listener yet.
   *
   * Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`; `ERR_RONDO_NATIVE_MISSING` if
   * the native transport is demanded, by the option, by `RONDO_NATIVE=1`, by `proxyProtocol` or by `sticky`, and cannot
   * be had; and a
   * system error if the engine cannot be started.
   */
  constructor(options: DispatcherOptions = {}) {
    super();
    this.#options = validateDispatcherOptions(options);
    this.#policy = validatePolicy(this.#options.policy);
    const { sticky } = this.#options;
    this.#sticky = sticky === null ? null : validateSticky(sticky);
    this.#transport = openTransport(
      this.#options,
      transportEvents(this.#tell, this.#listeners.byId, this.#slots),
    );
    this.#rebalancer = new Rebalancer(this.#rebalance(), {
      members: () => this.#serving.map((slot) => ({ slot, ...this.#transport.loadOf(slot.id) })),
      relieve: ({ slot }, count) => this.#transport.relieve(slot.id, slot.generation, count),
      onChange: () => this.#publishState(),
    });
    this.#state = new StateEncoder(this.#listeners.byId, this.#rebalancer);
    this.#publishState();
  }

  /** The transport in use. */
  get transport(): TransportName {
    return this.#transport.name;
  }

  /** Null where connections do not move. @internal */
  get passing(): Passing | null {
    return this.#transport.passing;
  }

  /**
   * Opens a listener. Connections that come before a worker is ready wait in the kernel's backlog.
   *
   * Rejects with the error `net.Server` would emit for the same arguments (`EADDRINUSE`, `EACCES`,
   * `EADDRNOTAVAIL`, `ENOTFOUND`, …, with `syscall`, `address` and `port`);
   * `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`, `ERR_RONDO_LISTENER_NAME_TAKEN`,
   * `ERR_RONDO_TOO_MANY_LISTENERS` (more than 256), `ERR_RONDO_NATIVE_MISSING` (a `proxyProtocol` or `sticky`, and the
   * transport is ipc), `ERR_RONDO_CLOSED`; and with the `signal`'s reason if
   * that is aborted by then.
   */
  async listen(options: ListenOptions): Promise<Listener> {
    return this.#listen(validateListenOptions(options), options.signal);
  }

  /** The listening socket of another process, which is at that address. Takes it over. @internal */
  async takeOver({ address, ...options }: TakenSocket): Promise<Listener> {
    const { place, ...rest } = validateListenOptions(options);
    return this.#listen({ ...rest, place: { ...place, address } as ValidPlace });
  }

  async #listen(valid: ValidListenOptions, signal?: AbortSignal): Promise<Listener> {
    signal?.throwIfAborted();
    this.#checkOpen();
    checkTransport(this.transport, valid.changeable.proxyProtocol);
    this.#listeners.reserve(valid.name);
    try {
      const listener = await this.#open(valid, signal);
      if (signal !== undefined) listener.closeAtAbort(signal);
      return listener;
    } catch (error) {
      this.#listeners.release(valid.name);
      throw error;
    }
  }

  /**
   * Makes a place for a worker, with the lowest free number.
   *
   * Throws `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`, `ERR_RONDO_TOO_MANY_SLOTS` (more than
   * 1024) and `ERR_RONDO_CLOSED`.
   */
  openSlot(options: SlotOptions = {}): Slot {
    const valid = validateSlotOptions(options);
    this.#checkOpen();
    let id = 0;
    while (this.#slots.has(id)) id++;
    if (id >= MOST_SLOTS) {
      throw new RondoError(
        'ERR_RONDO_TOO_MANY_SLOTS',
        `A dispatcher has at most ${MOST_SLOTS} slots`,
      );
    }
    const generation = this.#generations[id] ?? 0;
    const slot = new Slot(id, generation, valid, this.#transport, this.#slotOwner());
    this.#slots.set(id, slot);
    return slot;
  }

  /** Those that are open, in the order in which they were opened. */
  get openListeners(): Listener[] {
    return this.#listeners.all;
  }

  /** What has been counted so far. Works after `close()`, without listeners and slots then. */
  stats(): DispatcherStats {
    return {
      transport: this.transport,
      policy: this.#policy.name,
      window: this.#options.window,
      maxConnections: this.#options.maxConnections,
      ...this.counts(),
      listeners: this.#listeners.all.map((listener) => listener.stats()),
      slots: [...this.#slots.values()].map((slot) => slot.stats()),
    };
  }

  /**
   * Changes options from now on; what is left out stays as it is, and null removes `maxConnections`. A
   * `policy` is for listeners that have none of their own. Workers keep what they have, also beyond a
   * smaller window or limit.
   *
   * Throws `ERR_RONDO_INVALID_OPTION`, also for `transport`, which cannot change;
   * `ERR_RONDO_UNKNOWN_OPTION`; `ERR_RONDO_NATIVE_MISSING` for a `proxyProtocol` with the ipc transport; `ERR_RONDO_CLOSED`. Nothing has changed then.
   */
  configure(changes: Omit<DispatcherOptions, 'transport'>): void {
    const valid = validateChanges(changes, this.#options);
    this.#checkOpen();
    if (this.transport === 'ipc') checkMayMove(valid);
    checkTransport(this.transport, valid.proxyProtocol);
    this.#options = valid;
    this.#transport.configure(valid);
    this.#rebalancer.update(this.#serving.length, this.#rebalance());
    const policy = validatePolicy(valid.policy);
    const isNewPolicy = changes.policy !== undefined && !isSamePolicy(policy, this.#policy);
    if (isNewPolicy) this.#policy = policy;
    const isNewProxy = changes.proxyProtocol !== undefined;
    for (const listener of this.#listeners.all) {
      const isChanged =
        (isNewPolicy && !listener.hasOwnPolicy) || (isNewProxy && !listener.hasOwnProxyProtocol);
      if (isChanged) listener.applyOptions();
    }
  }

  /**
   * Stops accepting, on all listeners; connections wait in the kernel's backlog (with the ipc
   * transport in the primary). What is accepted already goes on to the workers.
   */
  pause(): void {
    this.#isPaused = true;
    this.#transport.pause();
  }

  /** Accepts again after `pause()`, but for listeners that are paused themselves. */
  resume(): void {
    this.#isPaused = false;
    this.#transport.resume();
  }

  /**
   * Closes listeners, slots and the engine. Connections that were handed to a living worker are
   * served; those that waited in the primary to be dealt again are closed and counted. Worker
   * processes are left alone: their servers get no more connections, and they end when nothing
   * else keeps them. Twice gives the same promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** As `close()`, at the end of a block with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Of the dispatcher as a whole. @internal */
  counts(): DispatcherCounts {
    return { ...this.#transport.counts(), rebalancing: this.#rebalancer.state };
  }

  /** How long connections waited in the primary; see `Transport.queueTimes()`. @internal */
  queueTimes(): Float64Array {
    return this.#transport.queueTimes();
  }

  /** What has been counted at each address, also of listeners that are closed. @internal */
  listenerTotals(): ListenerTotals[] {
    return this.#listeners.totals();
  }

  /** Binds paths anew that have been unlinked, at once. @internal */
  renewPaths(): void {
    this.#transport.renewPaths();
  }

  async #close(): Promise<void> {
    await Promise.all(this.#listeners.all.map((listener) => listener.close()));
    this.#news.close();
    this.#rebalancer.close();
    for (const slot of this.#slots.values()) slot.abandon();
    this.#slots.clear();
    await this.#transport.close();
    this.#tell('close');
  }

  async #open(
    { name, place, changeable: given }: ValidListenOptions,
    signal?: AbortSignal,
  ): Promise<Listener> {
    const sticky = this.#stickyOf(given);
    if (given.route !== null) checkNative('route', this.transport);
    if (given.isVirtual) checkNative('virtual', this.transport);
    const target = await resolveTarget(place);
    signal?.throwIfAborted();
    this.#checkOpen();
    this.#state.checkRoomFor(name, target);
    const { route } = given;
    const others = this.#listeners.all;
    // A name that does not exist is found before an id is taken.
    if (route !== null) checkTargets(route, name, others);
    const id = this.#listeners.takeId();
    const table = route === null ? null : routeTable(route, { id, name }, others);
    const changeable = { ...given, sticky, routeTable: table };
    const common = this.#options.proxyProtocol;
    const dealing = dealingOptions(
      changeable,
      changeable.policy ?? this.#policy,
      proxyProtocolOf(changeable.proxyProtocol, common, null),
    );
    this.#listeners.forgetCounts(id);
    const address = await this.#transport.listen(id, target, dealing);
    const listener = new Listener(
      id,
      name,
      address,
      changeable,
      this.#transport,
      this.#listenerOwner(),
    );
    this.#listeners.add(listener);
    this.#renewRoutes();
    if (this.#closing !== null) {
      await listener.close();
      this.#checkOpen();
    }
    // The dispatcher's policy may have changed since, and only now it is known whether a socket that was given is a
    // Unix socket. No worker serves it yet.
    const isPolicyNew = !listener.hasOwnPolicy && dealing.policy !== this.#policy;
    const isProxyNew = !listener.hasOwnProxyProtocol && (common ?? this.#options.proxyProtocol);
    if (isPolicyNew || isProxyNew) listener.applyOptions();
    this.#transport.ref();
    this.#publishState();
    this.#tell('listening', listener);
    return listener;
  }

  /** Those whose workers serve. */
  get #serving(): Slot[] {
    return [...this.#slots.values()].filter(({ state }) => state === 'ready');
  }

  #stickyOf({ sticky }: ValidListenOptions['changeable']): ValidSticky | null {
    const own = sticky === undefined ? this.#sticky : sticky;
    if (own !== null) checkNative('sticky', this.transport);
    return own;
  }

  /** Names lead to other listeners than before, or to none. */
  #renewRoutes(): void {
    const open = this.#listeners.all;
    for (const listener of open) listener.renewRoutes(open);
  }

  #publishState(): void {
    this.#transport.setState(this.#state.encode());
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw new RondoError('ERR_RONDO_CLOSED');
  }

  /** What moves is the native transport's alone. */
  #rebalance(): Rebalance {
    return this.transport === 'ipc' ? 'off' : this.#options.rebalance;
  }

  #listenerOwner(): ListenerOwner {
    return {
      policy: () => this.#policy,
      proxyProtocol: () => this.#options.proxyProtocol,
      isPaused: () => this.#isPaused,
      onClosed: (listener) => {
        this.#listeners.remove(listener);
        this.#renewRoutes();
        publishListener('closed', listener);
        this.#publishState();
        if (this.#listeners.byId.size === 0) this.#transport.unref();
      },
    };
  }

  #slotOwner(): SlotOwner {
    return {
      onReady: (slot) => this.#tell('slot:ready', slot),
      onRetired: (slot, error) => this.#tell('slot:retired', slot, error),
      onGone: (slot, info) => this.#tell('slot:gone', slot, info),
      onClosed: (slot) => {
        this.#slots.delete(slot.id);
        this.#generations[slot.id] = slot.generation;
      },
      onState: () => this.#rebalancer.update(this.#serving.length),
    };
  }
}
