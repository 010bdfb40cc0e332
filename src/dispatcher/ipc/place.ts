/**
 * Pick and hand off, on the ipc transport: whether one connection can be placed now, and where. Knows the
 * slots and what waits for one of them; which connection is next is dispatch.ts's.
 */

import type { TransportOptions } from '../transport.js';
import { clockMs } from './clock.js';
import type { Connection } from './connection.js';
import { HoldBudget } from './hold.js';
import { areAllAtLimit, isAtLimit } from './limits.js';
import type { ListenerQueue } from './listener-queue.js';
import { Parked } from './parked.js';
import type { IpcSlot } from './slot.js';

/** What came of a connection: it is off, or why it waits on. */
export type Outcome = 'placed' | 'parked' | 'held' | 'no room' | 'limit';

/** What one dealing has found. */
export interface Round {
  readonly now: number;
  /** Something waits, and no worker has room for it. */
  isStarved: boolean;
  /** When the last of those that something is held for has answered; null if nothing is held. */
  heldSince: number | null;
}

export class Placing {
  #options: TransportOptions;
  /** In order of slot numbers. */
  #slots: IpcSlot[] = [];
  /** By listener; see servers(). */
  readonly #servers = new Map<number, readonly IpcSlot[]>();
  readonly #parked = new Parked();
  readonly #budget = new HoldBudget(clockMs());

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  configure(options: TransportOptions): void {
    this.#options = options;
  }

  get slots(): readonly IpcSlot[] {
    return this.#slots;
  }

  get parked(): Parked {
    return this.#parked;
  }

  get window(): number {
    const { window } = this.#options;
    // Node sends one handle at a time, so a larger one gains nothing.
    return window === 'auto' ? 2 : window;
  }

  addSlot(slot: IpcSlot): void {
    this.#slots = [...this.#slots, slot].sort((a, b) => a.slot - b.slot);
    this.#servers.clear();
  }

  removeSlot(slot: IpcSlot): void {
    this.#slots = this.#slots.filter((other) => other !== slot);
    this.#servers.clear();
  }

  /** Some slot may serve others than before. */
  noteServing(): void {
    this.#servers.clear();
  }

  /** Those that serve it, in order of their numbers; the same list until that changes. */
  servers(listener: number): readonly IpcSlot[] {
    let servers = this.#servers.get(listener);
    if (servers === undefined) {
      servers = this.#slots.filter((slot) => slot.serves(listener));
      this.#servers.set(listener, servers);
    }
    return servers;
  }

  /** Why none of the listener's could be; null if one could. */
  obstacle(queue: ListenerQueue): 'limit' | 'no room' | null {
    const serving = this.servers(queue.id);
    if (this.#isAtLimit(queue) || areAllAtLimit(serving)) return 'limit';
    return serving.some((slot) => slot.room(this.window) > 0) ? null : 'no room';
  }

  place(connection: Connection, queue: ListenerQueue, round: Round): Outcome {
    const { now } = round;
    if (this.#isAtLimit(queue)) return 'limit';
    const serving = this.servers(queue.id);
    const able = this.#findAble(connection, serving);
    if (able.length === 0) return areAllAtLimit(serving) ? 'limit' : 'no room';
    const { waitMs } = queue.options.policy.settings;
    const mayWait = connection.mayWait && waitMs > 0 && !this.#parked.isFull;
    const isUnlimited = this.#budget.isSpent(now);
    const slot =
      namedSlot(connection, able, mayWait) ??
      queue.turn.choose(connection, { serving, able, isUnlimited, mayWait, now });
    if (slot === null) {
      noteHeld(round, serving, able);
      return 'held';
    }
    if (!able.includes(slot)) {
      this.#parked.add(connection, slot, Math.min(now + waitMs, queue.deadlineOf(connection)));
      return 'parked';
    }
    this.#handOff(connection, slot, queue);
    return 'placed';
  }

  /** Hands off those whose slot has room, and returns those that wait for one no more. */
  placeParked(queueOf: (connection: Connection) => ListenerQueue, { now }: Round): Connection[] {
    return this.#parked.deal(now, (connection, slot) => {
      const queue = queueOf(connection);
      if (slot.room(this.window) === 0 || this.#isAtLimit(queue)) return false;
      this.#handOff(connection, slot, queue);
      return true;
    });
  }

  /** Some worker serves the listener, and each that does has sent the connection back. */
  isRefusedByAll({ listener, refusedBy }: Connection): boolean {
    if (refusedBy.length === 0) return false;
    const serving = this.servers(listener);
    return serving.length > 0 && serving.every((slot) => refusedBy.includes(slot));
  }

  /** The dealing is over. */
  finish({ now, heldSince }: Round): void {
    this.#budget.note(now, heldSince);
  }

  #findAble({ refusedBy }: Connection, serving: readonly IpcSlot[]): readonly IpcSlot[] {
    const { window } = this;
    const able: IpcSlot[] = [];
    for (const slot of serving) {
      if (slot.room(window) > 0 && !refusedBy.includes(slot)) able.push(slot);
    }
    return able;
  }

  #handOff(connection: Connection, slot: IpcSlot, queue: ListenerQueue): void {
    const { listener, refusedBy } = connection;
    queue.turn.note(connection, slot);
    connection.wasDealt = true;
    const serving = this.servers(listener);
    // Whether nobody else would take it.
    const isFinal = serving.every((other) => other === slot || refusedBy.includes(other));
    slot.handOff(connection, isFinal);
  }

  #isAtLimit(queue: ListenerQueue): boolean {
    return isAtLimit(queue, this.#slots, this.#options.maxConnections);
  }
}

/** The slot that a function has named, if the connection can have it or may wait for it. */
function namedSlot(
  { named, listener }: Connection,
  able: readonly IpcSlot[],
  mayWait: boolean,
): IpcSlot | null {
  if (named === null || !named.serves(listener)) return null;
  return mayWait || able.includes(named) ? named : null;
}

/** Those that have no room are waited for, as long as they keep up. */
function noteHeld(round: Round, serving: readonly IpcSlot[], able: readonly IpcSlot[]): void {
  let since = round.heldSince ?? Number.NEGATIVE_INFINITY;
  for (const slot of serving) {
    if (able.includes(slot) || !slot.work.keepsUp(round.now)) continue;
    since = Math.max(since, slot.work.quietSince);
  }
  round.heldSince = since;
}
