/**
 * The primary's part of `rebalance`. Workers are told whether their connections move. With `'auto'` that is decided here,
 * for all of them at once, by what they say of their requests and how much they have to do; and one that has more
 * connections than others, and more to do, is asked to give so many back as it has too many. Looks only while there are
 * two workers. What a worker does is in moves/moves.ts.
 *
 * With `'auto'`, at each look:
 *
 *   quick ◀─▶ moving: of the workers that have something to do half say that requests are slow, and there is room
 *   quick ◀─▶ full:   they say it, and nobody has room
 */

import type { Rebalance } from '../types/options.js';
import type { Rebalancing } from '../types/stats.js';
import type { SlotLoad } from './transport.js';

const LOOK_MS = 500;
/** How many connections are asked for in one look, over all workers. */
const MOST_PER_LOOK = 500;
/** A part of the mean that nobody minds. */
const TOLERANCE = 0.05;
/** How much more of its time a worker must be at work than the one with the fewest connections. */
const MORE_AT_WORK = 0.05;
/** One that has less to do has no say: nobody knows how old its words are. */
const AT_WORK = 0.1;
/**
 * Workers that are at work for so much of their time have no room: a move costs, and no request is served sooner. Moves
 * are a part of that time, so there is room again only far below.
 */
const FULL = 0.92;
const ROOM = 0.8;
/** What the last look counts for in how much they are at work: some two seconds are in it. */
const LAST_LOOK = 0.25;
/** So many times the mean of connections is uneven: even among those that are full some clients would wait longer. */
const UNEVEN = 1.5;

/** A worker that serves. */
export type Member = SlotLoad;

/** How many connections each of them is to give back. */
export function excesses(members: readonly Member[]): number[] {
  const mean = meanOf(members, ({ open }) => open);
  const fewest = Math.min(...members.map(({ open }) => open));
  const leastAtWork = Math.min(
    ...members.map(({ open, utilisation }) => (open === fewest ? (utilisation ?? 0) : 1)),
  );
  let left = MOST_PER_LOOK;
  return members.map(({ open, utilisation }) => {
    const excess = Math.min(open - Math.ceil(mean), left);
    const isLoaded = (utilisation ?? 0) - leastAtWork >= MORE_AT_WORK;
    if (excess < 1 || excess < mean * TOLERANCE || !isLoaded) return 0;
    left -= excess;
    return excess;
  });
}

/** Whether half of those that have something to do say that their requests are slow. */
export function areSlow(members: readonly Member[]): boolean {
  const asked = members.filter(
    ({ utilisation, isSlow }) => isSlow !== null && (utilisation ?? 0) >= AT_WORK,
  );
  const slow = asked.filter(({ isSlow }) => isSlow === true).length;
  return slow > 0 && slow * 2 >= asked.length;
}

export function areUneven(members: readonly Member[]): boolean {
  const most = Math.ceil(meanOf(members, ({ open }) => open) * UNEVEN);
  return members.some(({ open }) => open > most);
}

function meanOf(members: readonly Member[], figure: (member: Member) => number): number {
  return members.reduce((sum, member) => sum + figure(member), 0) / members.length;
}

export interface RebalanceHost<Worker extends Member> {
  /** Those that serve. */
  members(): Worker[];
  /** Asks one for so many connections. */
  relieve(worker: Worker, count: number): void;
  /** What workers are told of it has changed. */
  onChange(): void;
}

/** More than these make no difference to any worker. */
const ENOUGH = 2;

export class Rebalancer<Worker extends Member> {
  readonly #host: RebalanceHost<Worker>;
  #rebalance: Rebalance;
  #serving = 0;
  #state: Rebalancing;
  /** How much of their time the workers have recently been at work. */
  #atWork = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(rebalance: Rebalance, host: RebalanceHost<Worker>) {
    this.#rebalance = rebalance;
    this.#state = firstState(rebalance, 0);
    this.#host = host;
  }

  get rebalance(): Rebalance {
    return this.#rebalance;
  }

  /** How many workers serve, 2 at most. */
  get serving(): number {
    return this.#serving;
  }

  get state(): Rebalancing {
    return this.#state;
  }

  /** Whether all workers give their connections back after each request. */
  get areMoving(): boolean {
    return this.#state === 'moving';
  }

  /** So many serve from now on. */
  update(serving: number, rebalance = this.#rebalance): void {
    const counted = Math.min(serving, ENOUGH);
    if (this.#isClosed || (counted === this.#serving && rebalance === this.#rebalance)) return;
    this.#serving = counted;
    this.#rebalance = rebalance;
    this.#stopLooking();
    this.#state = firstState(rebalance, counted);
    this.#atWork = 0;
    if (rebalance === 'auto' && counted === ENOUGH) {
      this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
    }
    this.#host.onChange();
  }

  /** Nobody is told anything from now on. */
  close(): void {
    this.#isClosed = true;
    this.#stopLooking();
  }

  #stopLooking(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    const members = this.#host.members();
    const wereMoving = this.areMoving;
    this.#state = this.#nextState(members);
    if (this.areMoving !== wereMoving) this.#host.onChange();
    for (const [index, count] of excesses(members).entries()) {
      if (count > 0) this.#host.relieve(members[index] as Worker, count);
    }
  }

  #nextState(members: readonly Member[]): Rebalancing {
    const now = meanOf(members, ({ utilisation }) => utilisation ?? 0);
    this.#atWork += (now - this.#atWork) * LAST_LOOK;
    if (!areSlow(members)) return 'quick';
    // While moves go on, what is uneven becomes even.
    const hasRoom = this.#atWork < (this.areMoving ? FULL : ROOM);
    return hasRoom || areUneven(members) ? 'moving' : 'full';
  }
}

/** When so many serve, before the first look. */
function firstState(rebalance: Rebalance, serving: number): Rebalancing {
  if (rebalance === 'off') return 'off';
  if (serving < ENOUGH) return 'alone';
  return rebalance === 'always' ? 'moving' : 'quick';
}
