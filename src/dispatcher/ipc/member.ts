/** A slot as a member of a listener's turn: what that, and with it a policy, sees of it on the ipc transport. */

import type { Candidate, Evenness } from '../policies/policy.js';
import { clockMs } from './clock.js';
import type { IpcSlot } from './slot.js';

export class Member implements Candidate {
  readonly owner: IpcSlot;
  readonly slot: number;
  count = 0;
  keepsUp = true;
  readonly #evenness: Evenness;

  constructor(owner: IpcSlot, evenness: Evenness) {
    this.owner = owner;
    this.slot = owner.slot;
    this.#evenness = evenness;
  }

  get open(): number {
    return this.owner.work.load;
  }

  get weight(): number {
    return this.owner.weight;
  }

  get loopDelayUs(): number {
    return 1000 * (this.owner.work.answerDelayMs(clockMs()) ?? 0);
  }

  /** What is kept even. */
  get share(): number {
    return (this.#evenness === 'open' ? this.open : this.count) / this.divisor;
  }

  /** Its weight, where that is heeded. */
  get divisor(): number {
    return this.#evenness === 'count-per-weight' ? this.weight : 1;
  }
}
