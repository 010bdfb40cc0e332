/**
 * Tells when connections wait and no worker has room, on the ipc transport; native/engine/starvation.cc has the
 * same for the engine.
 */

import { clockMs } from './clock.js';

export interface StarvationUser {
  onStarved(): void;
  onFlowing(): void;
}

const REPORT_AFTER_MS = 100;

export class Starvation {
  readonly #user: StarvationUser;
  readonly #now: () => number;
  #totalMs = 0;
  /** Since when something waits. */
  #since: number | null = null;
  /** Since when not a single connection could be handed off though something waits. */
  #standingSince: number | null = null;
  #isReported = false;

  constructor(user: StarvationUser, now: () => number = clockMs) {
    this.#user = user;
    this.#now = now;
  }

  get totalMs(): number {
    return Math.round(this.#totalMs + (this.#since === null ? 0 : this.#now() - this.#since));
  }

  noteHandOff(): void {
    this.#standingSince = null;
  }

  /** After each dealing: whether something is left. */
  note(isStarved: boolean): void {
    if (!isStarved) {
      this.#totalMs = this.totalMs;
      this.#since = this.#standingSince = null;
      if (this.#isReported) this.#report(false);
      return;
    }
    this.#since ??= this.#now();
    if (this.#standingSince !== null) return;
    this.#standingSince = this.#now();
    if (this.#isReported) this.#report(false);
  }

  tick(): void {
    if (this.#isReported || this.#standingSince === null) return;
    if (this.#now() - this.#standingSince >= REPORT_AFTER_MS) this.#report(true);
  }

  #report(isStarved: boolean): void {
    this.#isReported = isStarved;
    if (isStarved) this.#user.onStarved();
    else this.#user.onFlowing();
  }
}
