/**
 * Pick, on the ipc transport: the connections that wait in this process, and who gets the next. What
 * native/engine/dispatch.cc is to the engine. Every event (a connection came, room was made, a worker came
 * or went) ends in a call of deal().
 */

import { POLICIES, type PolicyFunction } from '../policies.js';
import type { TransportOptions } from '../transport.js';
import type { Connection } from './pending.js';
import { Queue } from './queue.js';
import type { IpcSlot } from './slot.js';
import { Starvation, type StarvationUser } from './starvation.js';

export interface DealerUser extends StarvationUser {
  /** Dealt once more. */
  onRedealt(listener: number): void;
  /** Closed here, because every worker refused it or nobody can serve it any more. */
  onClosed(listener: number): void;
}

const TICK_MS = 50;
const MOST_RETURNED_PER_ROUND = 256;

export class IpcDealer {
  #pick!: PolicyFunction;
  #window!: number;
  readonly #user: DealerUser;
  readonly #starvation: Starvation;
  /** In order of slot numbers. */
  #slots: IpcSlot[] = [];
  /** Refused, reclaimed or not sent: dealt before anything new. */
  readonly #returned = new Queue<Connection>();
  /** Accepted and not yet dealt, by listener. */
  readonly #fresh = new Map<number, Queue<Connection>>();
  #lastPicked = -1;
  #isPaused = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: TransportOptions, user: DealerUser) {
    this.configure(options);
    this.#user = user;
    this.#starvation = new Starvation(user);
  }

  /** From now on; deal() is to follow. */
  configure({ policy, window }: TransportOptions): void {
    this.#pick = POLICIES[policy];
    // Node sends one handle at a time, so a larger one gains nothing.
    this.#window = window === 'auto' ? 2 : window;
  }

  get waiting(): number {
    let count = this.#returned.size;
    for (const queue of this.#fresh.values()) count += queue.size;
    return count;
  }

  get starvedMs(): number {
    return this.#starvation.totalMs;
  }

  addSlot(slot: IpcSlot): void {
    this.#slots = [...this.#slots, slot].sort((a, b) => a.slot - b.slot);
  }

  removeSlot(slot: IpcSlot): void {
    this.#slots = this.#slots.filter((other) => other !== slot);
  }

  addListener(id: number): void {
    this.#fresh.set(id, new Queue());
  }

  /** What waits for it is closed: the workers are about to forget it. */
  removeListener(id: number): void {
    const waiting = [...(this.#fresh.get(id)?.drain() ?? []), ...this.#returned.drain()];
    this.#fresh.delete(id);
    for (const connection of waiting) {
      if (connection.listener === id) this.#close(connection);
      else this.#returned.push(connection);
    }
    this.deal();
  }

  accept(connection: Connection): void {
    const queue = this.#fresh.get(connection.listener);
    if (queue === undefined) {
      this.#close(connection);
    } else {
      queue.push(connection);
      this.deal();
    }
  }

  /** Takes a connection back; deal() is to follow. */
  takeBack(connection: Connection): void {
    if (this.#fresh.has(connection.listener)) this.#returned.push(connection);
    else this.#close(connection);
  }

  /** Not at the hand-off: a worker without an fd sends back what it is handed, again and again. */
  noteReceived(): void {
    this.#starvation.noteHandOff();
  }

  pause(): void {
    this.#isPaused = true;
    this.deal();
  }

  resume(): void {
    this.#isPaused = false;
    this.deal();
  }

  close(): void {
    this.#isClosed = true;
    for (const id of [...this.#fresh.keys()]) this.removeListener(id);
    this.#starvation.note(false);
    this.#keepTicking(false);
  }

  deal(): void {
    if (this.#isClosed) return;
    this.#dealReturned();
    if (!this.#isPaused) {
      for (const queue of this.#fresh.values()) {
        while (queue.first !== undefined && this.#place(queue.first)) queue.shift();
      }
    }
    const isStarved = this.#returned.size > 0 || (!this.#isPaused && this.waiting > 0);
    this.#keepTicking(isStarved || this.#slots.some((slot) => slot.isBlocked));
    this.#starvation.note(isStarved);
  }

  #dealReturned(): void {
    const count = Math.min(this.#returned.size, MOST_RETURNED_PER_ROUND);
    for (let i = 0; i < count; i++) {
      const connection = this.#returned.shift() as Connection;
      const { wasDealt } = connection;
      if (this.#isRefusedByAll(connection)) {
        this.#close(connection);
      } else if (!this.#place(connection)) {
        this.#returned.push(connection);
      } else if (wasDealt) {
        this.#user.onRedealt(connection.listener);
      }
    }
  }

  /** False: no slot has room for it. */
  #place(connection: Connection): boolean {
    const { listener, refusedBy } = connection;
    const candidates = this.#slots.filter(
      (slot) => slot.serves(listener) && slot.hasRoom(this.#window) && !refusedBy.includes(slot),
    );
    if (candidates.length === 0) return false;
    const slot = candidates[this.#pick(candidates, this.#lastPicked)] as IpcSlot;
    this.#lastPicked = slot.slot;
    connection.wasDealt = true;
    slot.handOff(connection, this.#isLastChoice(connection, slot));
    return true;
  }

  /** Some worker serves the listener, and each that does has sent the connection back. */
  #isRefusedByAll({ listener, refusedBy }: Connection): boolean {
    if (refusedBy.length === 0) return false;
    const serving = this.#slots.filter((slot) => slot.serves(listener));
    return serving.length > 0 && serving.every((slot) => refusedBy.includes(slot));
  }

  #isLastChoice({ listener, refusedBy }: Connection, chosen: IpcSlot): boolean {
    return !this.#slots.some(
      (slot) => slot !== chosen && slot.serves(listener) && !refusedBy.includes(slot),
    );
  }

  #close(connection: Connection): void {
    connection.handle.close();
    this.#user.onClosed(connection.listener);
  }

  #keepTicking(isNeeded: boolean): void {
    if (isNeeded === (this.#timer !== null)) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = isNeeded ? setInterval(() => this.#tick(), TICK_MS).unref() : null;
  }

  #tick(): void {
    for (const slot of this.#slots) slot.isBlocked = false;
    this.deal();
    this.#starvation.tick();
  }
}
