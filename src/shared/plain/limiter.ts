/**
 * A limiter's keys in the memory of a primary without the addon. As in shared memory a key is dropped when it says no more
 * than a new one, and where there is no room for another key `whenFull` answers, which is counted.
 */

import type { TableStats, Taken } from '../types.js';
import { giveBack, isBlank, type LimitRule, type LimitState, newState, take } from './limits.js';

/** How many keys are looked at for one that makes room. */
const LOOKED_AT = 16;

export class PlainLimiter {
  #rule: LimitRule;
  readonly #capacity: number;
  readonly #now: () => number;
  /** Those that were taken from longest ago come first. */
  readonly #states = new Map<string, LimitState>();
  #refused = 0;

  constructor(rule: LimitRule, capacity: number, now: () => number) {
    this.#rule = rule;
    this.#capacity = capacity;
    this.#now = now;
  }

  /** From now on, with what has been taken. */
  use(rule: LimitRule): void {
    this.#rule = rule;
  }

  take(key: string, n: number, whenFull: 'allow' | 'deny'): Taken {
    const now = this.#now();
    const known = this.#states.get(key);
    const state = known ?? newState();
    const taken = take(this.#rule, now, n, state);
    if (!taken.ok || n === 0) return taken;
    if (known === undefined && !this.#hasRoom(now)) {
      this.#refused++;
      return whenFull === 'allow'
        ? taken
        : { ok: false, remaining: 0, resetMs: this.#rule.windowMs };
    }
    this.#states.delete(key);
    this.#states.set(key, state);
    return taken;
  }

  giveBack(key: string, n: number): void {
    const state = this.#states.get(key);
    if (state === undefined) return;
    const now = this.#now();
    giveBack(this.#rule, now, n, state);
    if (isBlank(this.#rule, now, state)) this.#states.delete(key);
  }

  reset(key: string): void {
    this.#states.delete(key);
  }

  stats(): TableStats {
    const now = this.#now();
    let entries = 0;
    for (const state of this.#states.values()) if (!isBlank(this.#rule, now, state)) entries++;
    return { entries, capacity: this.#capacity, refused: this.#refused, evicted: 0 };
  }

  #hasRoom(now: number): boolean {
    if (this.#states.size < this.#capacity) return true;
    let looked = 0;
    for (const [key, state] of this.#states) {
      if (isBlank(this.#rule, now, state)) this.#states.delete(key);
      if (++looked === LOOKED_AT) break;
    }
    return this.#states.size < this.#capacity;
  }
}
