/** One listener on the ipc transport: its options, its turn, and what has come and is not yet dealt. */

import type { DealingOptions } from '../transport.js';
import { type Connection, reset } from './connection.js';
import { Queue } from './queue.js';
import { Turn } from './turn.js';

export class ListenerQueue {
  readonly id: number;
  readonly turn: Turn;
  #options: DealingOptions;
  /** To be dealt. */
  readonly #fresh = new Queue<Connection>();
  /** Before that, where the policy is a function: it has not been asked yet. */
  readonly #undecided = new Queue<Connection>();

  constructor(id: number, options: DealingOptions) {
    this.id = id;
    this.#options = options;
    this.turn = new Turn(options.policy);
  }

  get options(): DealingOptions {
    return this.#options;
  }

  configure(options: DealingOptions): void {
    this.#options = options;
    this.turn.setPolicy(options.policy);
    if (options.policy.decide !== null) return;
    for (const connection of this.#undecided.drain()) this.#fresh.push(connection);
  }

  get size(): number {
    return this.#fresh.size + this.#undecided.size;
  }

  get undecided(): number {
    return this.#undecided.size;
  }

  push(connection: Connection): void {
    const isDecided = this.#options.policy.decide === null;
    (isDecided ? this.#fresh : this.#undecided).push(connection);
  }

  /** The next one. */
  get first(): Connection | undefined {
    return this.#fresh.first ?? this.#undecided.first;
  }

  /** Whether it can be dealt already. */
  get isFirstDecided(): boolean {
    return this.#fresh.size > 0;
  }

  shift(): void {
    if (this.#fresh.size > 0) this.#fresh.shift();
    else this.#undecided.shift();
  }

  /** So many of those that are undecided; they come back by decided(). */
  takeUndecided(most: number): Connection[] {
    const taken: Connection[] = [];
    while (taken.length < most && this.#undecided.size > 0) {
      taken.push(this.#undecided.shift() as Connection);
    }
    return taken;
  }

  decided(connection: Connection): void {
    this.#fresh.push(connection);
  }

  /** Empties it. */
  drain(): Connection[] {
    return [...this.#fresh.drain(), ...this.#undecided.drain()];
  }

  /** The first one's. */
  get deadline(): number {
    const { first } = this;
    return first === undefined ? Number.POSITIVE_INFINITY : this.deadlineOf(first);
  }

  /** When it has waited for as long as it may; Infinity without a limit. */
  deadlineOf(connection: Connection): number {
    const { maxQueueMs } = this.#options;
    return maxQueueMs === null ? Number.POSITIVE_INFINITY : connection.since + maxQueueMs;
  }

  /** False: it goes on waiting, because there is no room or because of a limit. */
  turnAway(connection: Connection, isLimit: boolean, now: number): boolean {
    const isDue = now >= this.deadlineOf(connection);
    if (!isDue && !(isLimit && this.#options.overload === 'reset')) return false;
    reset(connection);
    return true;
  }
}
