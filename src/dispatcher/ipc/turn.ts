/**
 * Pick, on the ipc transport: the turn of one listener. Each slot has a count of the connections it was
 * dealt; the policy says what of the slots is to be even, and a slot that is ahead in that has to wait for
 * the others that keep up, so that nobody takes a burst alone. What native/engine/turn.cc is to the
 * engine. Seats are made anew only when who serves has changed.
 */

import type { ValidPolicy } from '../policies/index.js';
import type { Picker } from '../policies/policy.js';
import { type Connection, peerOf } from './connection.js';
import { Member } from './member.js';
import type { IpcSlot } from './slot.js';

/** By how many connections a slot may be ahead of the last of those that keep up. */
const LEAD = 2;

export interface TurnChoice {
  /** All slots that serve the listener, in order of their numbers. Another list when they change. */
  serving: readonly IpcSlot[];
  /** Of those the ones that have room for the connection, in the same order; at least one. */
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
  #serving: readonly IpcSlot[] = [];
  #members: Member[] = [];
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
    this.#serving = this.#members = [];
    this.#picks = 0;
  }

  /** Null: those that have room are ahead of others, so the connection is held. */
  choose(connection: Connection, choice: TurnChoice): IpcSlot | null {
    const { serving, able, isUnlimited, mayWait, now } = choice;
    if (serving !== this.#serving) this.#gather(serving);
    this.#look(now);
    // One that was refused has been counted, and those that are left for it are few.
    const isFree = isUnlimited || connection.refusedBy.length > 0;
    const limit = isFree ? Number.POSITIVE_INFINITY : this.#limit();
    const eligible = this.#eligible(able, limit);
    if (eligible.length === 0) return null;
    const address = this.#policy.name === 'source-ip' ? (peerOf(connection).address ?? '') : '';
    const [last, picks] = [this.#last, this.#picks];
    return this.#pick({ serving: this.#members, eligible, last, picks, address, mayWait }).owner;
  }

  /** It is handed to the slot. */
  note(connection: Connection, slot: IpcSlot): void {
    this.#last = slot.slot;
    this.#picks++;
    if (connection.isCounted) return;
    connection.isCounted = true;
    this.#add(slot, 1);
  }

  /** The slot did not get it after all. */
  undo(connection: Connection, slot: IpcSlot): void {
    if (!connection.isCounted) return;
    connection.isCounted = false;
    this.#add(slot, -1);
  }

  /** A slot that begins to serve the listener has the least count of the others. */
  welcome(slot: IpcSlot): void {
    this.#dismiss();
    this.#counts.delete(slot);
  }

  // ---- members ----

  /** While they last the counts are in the members. */
  #gather(serving: readonly IpcSlot[]): void {
    this.#dismiss();
    this.#serving = serving;
    this.#members = serving.map((slot) => new Member(slot, this.#policy.keepsEven));
    let least = Number.POSITIVE_INFINITY;
    for (const member of this.#members) {
      const count = this.#counts.get(member.owner);
      if (count === undefined) continue;
      member.count = count;
      least = Math.min(least, count / member.divisor);
    }
    if (least === Number.POSITIVE_INFINITY) least = 0;
    for (const member of this.#members) {
      if (!this.#counts.has(member.owner)) member.count = Math.floor(least * member.divisor);
    }
  }

  #dismiss(): void {
    for (const { owner, count } of this.#members) this.#counts.set(owner, count);
    this.#serving = this.#members = [];
  }

  #add(slot: IpcSlot, change: 1 | -1): void {
    const member = this.#members.find(({ owner }) => owner === slot);
    if (member !== undefined) {
      member.count = Math.max(0, member.count + change);
    } else if (change > 0 || this.#counts.has(slot)) {
      this.#counts.set(slot, Math.max(0, (this.#counts.get(slot) ?? 0) + change));
    }
  }

  /** Who keeps up. Who does not does not get all that it has missed when it is back. */
  #look(now: number): void {
    let keeping = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const member of this.#members) {
      member.keepsUp = member.owner.work.keepsUp(now);
      if (!member.keepsUp) continue;
      keeping++;
      least = Math.min(least, member.count / member.divisor);
    }
    if (keeping === 0 || keeping === this.#members.length) return;
    for (const member of this.#members) {
      member.count = Math.max(member.count, Math.floor(least * member.divisor) - LEAD);
    }
  }

  /** Where the last of those that keep up would be with the lead; Infinity if nobody does. */
  #limit(): number {
    let limit = Number.POSITIVE_INFINITY;
    if (this.#policy.keepsEven === null) return limit;
    for (const member of this.#members) {
      if (member.keepsUp) limit = Math.min(limit, member.share + LEAD / member.divisor);
    }
    return limit;
  }

  /** Of those that are able, which are in the members' order, the ones below the limit. */
  #eligible(able: readonly IpcSlot[], limit: number): Member[] {
    const eligible: Member[] = [];
    let next = 0;
    for (const member of this.#members) {
      if (member.owner !== able[next]) continue;
      next++;
      if (member.share < limit) eligible.push(member);
    }
    return eligible;
  }
}
