/**
 * The Dispatcher: owns listeners and slots and brings them together through a transport. Knows
 * nothing of forking; who spawns the workers, and when, is the program's business.
 */

import { EventEmitter } from 'node:events';
import { RondoError } from '../errors.js';
import {
  type ValidDispatcherOptions,
  validateChanges,
  validateDispatcherOptions,
  validateListenOptions,
} from '../options.js';
import { MOST_LISTENERS, MOST_SLOTS } from '../protocol/protocol.js';
import type { DispatcherOptions, DispatcherStats, ListenOptions, TransportName } from '../types.js';
import { type DispatcherEvents, transportEvents } from './events.js';
import { Listener, resolveTarget } from './listener.js';
import { openTransport } from './open-transport.js';
import { Slot, type SlotOwner } from './slot.js';
import { StateEncoder } from './state.js';
import type { ListenTarget, Transport } from './transport.js';

export type { DispatcherEvents };

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
  readonly #transport: Transport;
  readonly #listeners = new Map<number, Listener>();
  readonly #state = new StateEncoder(this.#listeners);
  readonly #slots = new Map<number, Slot>();
  /** The last generation of each slot number ever used, so that a number's next slot counts on. */
  readonly #generations: number[] = [];
  /** Numbers of closed slots whose process is alive. */
  readonly #lingering = new Set<number>();
  readonly #names = new Set<string>();
  #nextListenerId = 0;
  #closing: Promise<void> | null = null;

  /**
   * Starts the transport, no listener yet.
   *
   * Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`; `ERR_RONDO_NATIVE_MISSING` if
   * the native transport is demanded, by the option or by `RONDO_NATIVE=1`, and cannot be had; and a
   * system error if the engine cannot be started.
   */
  constructor(options: DispatcherOptions = {}) {
    super();
    this.#options = validateDispatcherOptions(options);
    this.#transport = openTransport(
      this.#options,
      transportEvents(this, this.#listeners, this.#slots),
    );
    this.#publishState();
  }

  /** The transport in use. */
  get transport(): TransportName {
    return this.#transport.name;
  }

  /**
   * Opens a listener. Connections that come before a worker is ready wait in the kernel's backlog.
   *
   * Rejects with the error `net.Server` would emit for the same arguments (`EADDRINUSE`, `EACCES`,
   * `EADDRNOTAVAIL`, `ENOTFOUND`, …, with `syscall`, `address` and `port`);
   * `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`, `ERR_RONDO_LISTENER_NAME_TAKEN`,
   * `ERR_RONDO_TOO_MANY_LISTENERS` (more than 256), `ERR_RONDO_CLOSED`.
   */
  async listen(options: ListenOptions): Promise<Listener> {
    const valid = validateListenOptions(options);
    this.#checkOpen();
    if (this.#names.has(valid.name)) {
      throw new RondoError(
        'ERR_RONDO_LISTENER_NAME_TAKEN',
        `There is an open listener of the name '${valid.name}'`,
      );
    }
    if (this.#names.size >= MOST_LISTENERS) {
      throw new RondoError(
        'ERR_RONDO_TOO_MANY_LISTENERS',
        `A dispatcher has at most ${MOST_LISTENERS} open listeners`,
      );
    }
    // Taken before the first await: two calls at once must not get the same name.
    this.#names.add(valid.name);
    try {
      const target = await resolveTarget(valid);
      this.#checkOpen();
      return await this.#open(valid.name, target);
    } catch (error) {
      this.#names.delete(valid.name);
      throw error;
    }
  }

  /**
   * Makes a place for a worker, with the lowest free number.
   *
   * Throws `ERR_RONDO_TOO_MANY_SLOTS` (more than 1024) and `ERR_RONDO_CLOSED`.
   */
  openSlot(): Slot {
    this.#checkOpen();
    let id = 0;
    while (this.#slots.has(id) || this.#lingering.has(id)) id++;
    if (id >= MOST_SLOTS) {
      throw new RondoError(
        'ERR_RONDO_TOO_MANY_SLOTS',
        `A dispatcher has at most ${MOST_SLOTS} slots`,
      );
    }
    const slot = new Slot(id, this.#generations[id] ?? 0, this.#transport, this.#slotOwner());
    this.#slots.set(id, slot);
    return slot;
  }

  /** What has been counted so far. Works after `close()`, without listeners and slots then. */
  stats(): DispatcherStats {
    return {
      transport: this.transport,
      policy: this.#options.policy,
      window: this.#options.window,
      ...this.#transport.counts(),
      listeners: [...this.#listeners.values()].map((listener) => listener.stats()),
      slots: [...this.#slots.values()].map((slot) => slot.stats()),
    };
  }

  /**
   * Changes `policy`, `window` or `takeBackMs` from now on; what is left out stays as it is. Workers
   * keep what they were handed, also beyond a smaller window.
   *
   * Throws `ERR_RONDO_INVALID_OPTION`, also for `transport`, which cannot change;
   * `ERR_RONDO_UNKNOWN_OPTION`; `ERR_RONDO_CLOSED`. Nothing has changed then.
   */
  configure(options: Omit<DispatcherOptions, 'transport'>): void {
    const valid = validateChanges(options, this.#options);
    this.#checkOpen();
    this.#options = valid;
    this.#transport.configure(valid);
  }

  /**
   * Stops accepting, on all listeners; connections wait in the kernel's backlog (with the ipc
   * transport in the primary). What is accepted already goes on to the workers.
   */
  pause(): void {
    this.#transport.pause();
  }

  /** Accepts again after `pause()`. */
  resume(): void {
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

  async #close(): Promise<void> {
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close()));
    for (const slot of this.#slots.values()) slot.abandon();
    this.#slots.clear();
    await this.#transport.close();
    this.emit('close');
  }

  async #open(name: string, target: ListenTarget): Promise<Listener> {
    this.#state.checkRoomFor(name, target);
    const id = this.#takeListenerId();
    const address = await this.#transport.listen(id, target);
    const listener = new Listener(id, name, address, this.#transport, () => {
      this.#listeners.delete(id);
      this.#names.delete(name);
      this.#publishState();
      if (this.#listeners.size === 0) this.#transport.unref();
    });
    this.#listeners.set(id, listener);
    if (this.#closing !== null) {
      await listener.close();
      this.#checkOpen();
    }
    this.#transport.ref();
    this.#publishState();
    this.emit('listening', listener);
    return listener;
  }

  /** Goes round, so that a late connection of a closed listener meets no new one of the same id. */
  #takeListenerId(): number {
    while (this.#listeners.has(this.#nextListenerId)) this.#advanceListenerId();
    const id = this.#nextListenerId;
    this.#advanceListenerId();
    return id;
  }

  #advanceListenerId(): void {
    this.#nextListenerId = (this.#nextListenerId + 1) % MOST_LISTENERS;
  }

  #publishState(): void {
    this.#transport.setState(this.#state.encode());
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw new RondoError('ERR_RONDO_CLOSED');
  }

  #slotOwner(): SlotOwner {
    return {
      onReady: (slot) => this.emit('slot:ready', slot),
      onRetired: (slot, error) => this.emit('slot:retired', slot, error),
      onGone: (slot, info) => this.emit('slot:gone', slot, info),
      onClosed: (slot, child) => {
        this.#slots.delete(slot.id);
        this.#generations[slot.id] = slot.generation;
        if (child === null) return;
        // It still counts on the slot's row of the board, so the number stays taken.
        this.#lingering.add(slot.id);
        child.once('exit', () => this.#lingering.delete(slot.id));
      },
    };
  }
}
