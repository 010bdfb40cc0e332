/** What waits for each listener, and which listener is next, on the ipc transport. */

import type { DealingOptions } from '../transport.js';
import { sum } from './limits.js';
import { ListenerQueue } from './listener-queue.js';

export class ListenerQueues {
  readonly #byId = new Map<number, ListenerQueue>();
  #all: readonly ListenerQueue[] = [];
  readonly #paused = new Set<number>();
  /** All but those that are paused. */
  #dealt: readonly ListenerQueue[] = [];
  /** Which of them is the first in the next pass. */
  #first = 0;

  add(id: number, options: DealingOptions): void {
    this.#byId.set(id, new ListenerQueue(id, options));
    this.#onChange();
  }

  get(id: number): ListenerQueue | undefined {
    return this.#byId.get(id);
  }

  remove(id: number): ListenerQueue | undefined {
    const queue = this.#byId.get(id);
    this.#byId.delete(id);
    this.#paused.delete(id);
    this.#onChange();
    return queue;
  }

  pause(id: number): void {
    this.#paused.add(id);
    this.#onChange();
  }

  resume(id: number): void {
    this.#paused.delete(id);
    this.#onChange();
  }

  #onChange(): void {
    this.#all = [...this.#byId.values()];
    this.#dealt = this.#all.filter(({ id }) => !this.#paused.has(id));
  }

  /** The same list until one comes or goes. */
  get all(): readonly ListenerQueue[] {
    return this.#all;
  }

  /** Those whose connections are dealt. */
  get dealt(): readonly ListenerQueue[] {
    return this.#dealt;
  }

  /** How many connections. */
  get waiting(): number {
    return sum(this.#all, ({ size }) => size);
  }

  /** When the first of those has waited for as long as it may; Infinity without a limit. */
  get deadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const queue of this.#dealt) deadline = Math.min(deadline, queue.deadline);
    return deadline;
  }

  /**
   * One connection of each listener and pass, beginning with another listener each time, so that one that
   * is flooded starves no other. `dealFirst` says whether the first of a queue is off.
   */
  deal(dealFirst: (queue: ListenerQueue) => boolean): void {
    const queues = this.#dealt;
    let isMoving = queues.length > 0;
    while (isMoving) {
      isMoving = false;
      this.#first = (this.#first + 1) % queues.length;
      for (let i = 0; i < queues.length; i++) {
        const queue = queues[(this.#first + i) % queues.length] as ListenerQueue;
        if (!dealFirst(queue)) continue;
        queue.shift();
        isMoving = true;
      }
    }
  }
}
