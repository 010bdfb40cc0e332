/**
 * Pick, on the ipc transport: the turn of one listener. Each slot has a count of the connections it was
 * dealt; the policy says what of the slots is to be even, and a slot that is ahead in that has to wait for
 * the others that keep up, so that nobody takes a burst alone. What native/engine/turn.cc is to the
 * engine.
 */

import type { ValidPolicy } from '../policies/index.js';
import type { Candidate, Evenness, Picker } from '../policies/policy.js';
import { type Connection, peerOf } from './connection.js';
import type { IpcSlot } from './slot.js';

/** By how many connections a slot may be ahead of the last of those that keep up. */
const LEAD = 2;

/** What a turn sees of a slot. */
interface Seat extends Candidate {
  readonly owner: IpcSlot;
  count: number;
  readonly keepsUp: boolean;
}

export interface TurnChoice {
  /** All slots that serve the listener, in order of their numbers. */
  serving: readonly IpcSlot[];
  /** Those that have room for the connection; at least one. */
  able: readonly IpcSlot[];
  /** Nobody has to wait for others. */
  isUnlimited: boolean;
  /** The connection may wait for a slot that is not able. */
  mayWait: boolean;
  now: number;
}

export class Turn {
  #policy: ValidPolicy;
  #pick: Picker;
  #counts = new WeakMap<IpcSlot, number>();
  #last = -1;
  #picks = 0;

  constructor(policy: ValidPolicy) {
    this.#policy = policy;
    this.#pick = policy.create();
  }

  /** Another one begins with the same count for all, but goes on after the last slot. */
  setPolicy(policy: ValidPolicy): void {
    if (policy === this.#policy) return;
    this.#policy = policy;
    this.#pick = policy.create();
    this.#counts = new WeakMap();
    this.#picks = 0;
  }

  /** Null: those that have room are ahead of others, so the connection is held. */
  choose(connection: Connection, choice: TurnChoice): IpcSlot | null {
    const { serving, able, isUnlimited, mayWait, now } = choice;
    const seats = this.#seats(serving, now);
    this.#forgive(seats);
    const withRoom = seats.filter(({ owner }) => able.includes(owner));
    // One that was refused has been counted, and those that are left for it are few.
    const isFree = isUnlimited || connection.refusedBy.length > 0;
    const limit = isFree ? Number.POSITIVE_INFINITY : this.#limit(seats);
    const eligible = withRoom.filter((seat) => this.#share(seat) < limit);
    if (eligible.length === 0) return null;
    const address = this.#policy.name === 'source-ip' ? (peerOf(connection).address ?? '') : '';
    const [last, picks] = [this.#last, this.#picks];
    return this.#pick({ serving: seats, eligible, last, picks, address, mayWait }).owner;
  }

  /** It is handed to the slot. */
  note(connection: Connection, slot: IpcSlot): void {
    this.#last = slot.slot;
    this.#picks++;
    if (connection.isCounted) return;
    connection.isCounted = true;
    this.#counts.set(slot, (this.#counts.get(slot) ?? 0) + 1);
  }

  /** The slot did not get it after all. */
  undo(connection: Connection, slot: IpcSlot): void {
    if (!connection.isCounted) return;
    connection.isCounted = false;
    const count = this.#counts.get(slot);
    if (count !== undefined) this.#counts.set(slot, Math.max(0, count - 1));
  }

  /** A slot that begins to serve the listener has the least count of the others. */
  welcome(slot: IpcSlot): void {
    this.#counts.delete(slot);
  }

  #seats(serving: readonly IpcSlot[], now: number): Seat[] {
    const known = serving.filter((slot) => this.#counts.has(slot));
    const shares = known.map((slot) => (this.#counts.get(slot) as number) / this.#weigh(slot));
    const least = known.length === 0 ? 0 : Math.min(...shares);
    return serving.map((slot) => {
      const count = this.#counts.get(slot) ?? Math.floor(least * this.#weigh(slot));
      this.#counts.set(slot, count);
      return {
        owner: slot,
        slot: slot.slot,
        count,
        open: slot.work.load,
        weight: slot.weight,
        loopDelayUs: 1000 * (slot.work.answerDelayMs(now) ?? 0),
        keepsUp: slot.work.keepsUp(now),
      };
    });
  }

  /** Who does not keep up does not get all that it has missed when it is back. */
  #forgive(seats: Seat[]): void {
    const keeping = seats.filter(({ keepsUp }) => keepsUp);
    if (keeping.length === 0 || keeping.length === seats.length) return;
    const least = Math.min(...keeping.map((seat) => seat.count / this.#weigh(seat)));
    for (const seat of seats) {
      const floor = Math.floor(least * this.#weigh(seat)) - LEAD;
      if (seat.count >= floor) continue;
      seat.count = floor;
      this.#counts.set(seat.owner, floor);
    }
  }

  /** Where the last of those that keep up would be with the lead; Infinity if nobody does. */
  #limit(seats: readonly Seat[]): number {
    if (this.#evenness === null) return Number.POSITIVE_INFINITY;
    const keeping = seats.filter(({ keepsUp }) => keepsUp);
    return Math.min(...keeping.map((seat) => this.#share(seat) + LEAD / this.#weigh(seat)));
  }

  /** What is kept even. */
  #share(seat: Seat): number {
    const number = this.#evenness === 'open' ? seat.open : seat.count;
    return number / this.#weigh(seat);
  }

  #weigh({ weight }: { weight: number }): number {
    return this.#evenness === 'count-per-weight' ? weight : 1;
  }

  get #evenness(): Evenness {
    return this.#policy.keepsEven;
  }
}
