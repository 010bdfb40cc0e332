/**
 * How long connections may be held back so that slots stay even. A worker that is slow, but not so slow
 * that it is not waited for, would otherwise set the pace of all: so the time in which none of those waited
 * for answers is taken from a budget, which comes back slowly. Nobody has to wait while it is spent.
 */

const BUDGET_MS = 50;
/** Holding costs nothing as long as those waited for have answered so recently. */
const FREE_MS = 1;
/** What comes back of the time that passes. */
const REFILL = 0.1;

export class HoldBudget {
  #leftMs = BUDGET_MS;
  #isSpent = false;
  #at: number;
  /** Since when those waited for have not answered; null while nothing is held. */
  #quietSince: number | null = null;

  constructor(now: number) {
    this.#at = now;
  }

  /** Until half of it is back. */
  isSpent(now: number): boolean {
    this.#settle(now);
    return this.#isSpent;
  }

  /** After each dealing: when the last of those waited for has answered, or null if nothing is held. */
  note(now: number, quietSince: number | null): void {
    this.#settle(now);
    this.#quietSince = quietSince;
  }

  #settle(now: number): void {
    const passed = now - this.#at;
    const from = this.#quietSince === null ? now : Math.max(this.#at, this.#quietSince + FREE_MS);
    const spent = Math.max(0, now - from);
    this.#at = now;
    this.#leftMs = Math.min(BUDGET_MS, this.#leftMs - spent + passed * REFILL);
    if (this.#leftMs <= 0) {
      this.#leftMs = 0;
      this.#isSpent = true;
    } else if (this.#leftMs >= BUDGET_MS / 2) {
      this.#isSpent = false;
    }
  }
}
