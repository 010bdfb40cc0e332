/**
 * Connections that wait for one slot, because their policy has named it and it has no room: bounded in
 * number and time. All rules of that stage are here:
 *
 * - The slot has room again: it gets the connection.
 * - The time is over, or the slot no longer serves the listener: any other may have it, by the policy's
 *   second choice, and it does not wait for one slot again.
 * - It has waited longer than its listener's `maxQueueMs`: it is turned away, as anywhere.
 */

import type { Connection } from './connection.js';
import type { IpcSlot } from './slot.js';

/** Beyond, connections go to others at once: each has a descriptor, and is looked at in each dealing. */
const MOST_PARKED = 256;

interface Waiting {
  readonly connection: Connection;
  readonly slot: IpcSlot;
  readonly until: number;
}

export class Parked {
  #waiting: Waiting[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MOST_PARKED;
  }

  /** When the first of them has waited long enough; Infinity if there is none. */
  get due(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const { until } of this.#waiting) due = Math.min(due, until);
    return due;
  }

  add(connection: Connection, slot: IpcSlot, until: number): void {
    this.#waiting.push({ connection, slot, until });
  }

  /** `handOff` returns false where the slot has no room. Those that wait no more are returned. */
  deal(now: number, handOff: (connection: Connection, slot: IpcSlot) => boolean): Connection[] {
    const over: Connection[] = [];
    if (this.#waiting.length === 0) return over;
    this.#waiting = this.#waiting.filter(({ connection, slot, until }) => {
      const isServed = slot.serves(connection.listener);
      if (isServed && handOff(connection, slot)) return false;
      if (isServed && now < until) return true;
      over.push(connection);
      return false;
    });
    for (const connection of over) {
      connection.mayWait = false;
      connection.named = null;
    }
    return over;
  }

  /** Those that `isWanted` says, which wait no more. */
  take(isWanted: (connection: Connection) => boolean): Connection[] {
    const taken = this.#waiting.filter(({ connection }) => isWanted(connection));
    this.#waiting = this.#waiting.filter((one) => !taken.includes(one));
    return taken.map(({ connection }) => connection);
  }
}
