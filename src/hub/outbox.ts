/** What is sent before this process has joined: it waits, within the limits of one reader. */

import type { ValidHubOptions } from './options.js';
import type { Outcome } from './queue.js';

export interface Waiting {
  readonly bytes: number;
  /** Sends it, now that the others are known. */
  run(): void;
  drop(outcome: Outcome): void;
}

export class Outbox {
  #waiting: Waiting[] = [];
  #bytes = 0;

  get length(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(one: Waiting, { maxQueued, maxQueuedBytes, overflow }: ValidHubOptions): void {
    while (
      this.#waiting.length >= maxQueued ||
      (this.#waiting.length > 0 && this.#bytes + one.bytes > maxQueuedBytes)
    ) {
      if (overflow !== 'drop-oldest') {
        return one.drop(overflow === 'reject' ? 'rejected' : 'dropped');
      }
      const oldest = this.#waiting.shift() as Waiting;
      this.#bytes -= oldest.bytes;
      oldest.drop('dropped');
    }
    this.#waiting.push(one);
    this.#bytes += one.bytes;
  }

  run(): void {
    for (const one of this.#takeAll()) one.run();
  }

  drop(outcome: Outcome): void {
    for (const one of this.#takeAll()) one.drop(outcome);
  }

  #takeAll(): Waiting[] {
    const all = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    return all;
  }
}
