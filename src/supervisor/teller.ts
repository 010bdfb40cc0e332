/**
 * How a Supervisor's events are emitted: when the state has changed, in their order, and each by itself. A
 * listener that throws makes an uncaught exception, as it should, and stops nothing here.
 */

import type { EventEmitter } from 'node:events';
import { publishEvent } from './news.js';
import type { SupervisorEvents } from './types.js';

export class Teller {
  readonly #emitter: EventEmitter<SupervisorEvents>;
  readonly #onTold: <E extends keyof SupervisorEvents>(
    event: E,
    ...args: SupervisorEvents[E]
  ) => void;
  readonly #waiting: Array<() => void> = [];
  #held = 0;

  /** `onTold` is called for each event before it is emitted; it must not throw. */
  constructor(
    emitter: EventEmitter<SupervisorEvents>,
    onTold: <E extends keyof SupervisorEvents>(event: E, ...args: SupervisorEvents[E]) => void,
  ) {
    this.#emitter = emitter;
    this.#onTold = onTold;
  }

  tell<Event extends keyof SupervisorEvents>(event: Event, ...args: SupervisorEvents[Event]): void {
    const emitter: EventEmitter = this.#emitter;
    this.#onTold(event, ...args);
    publishEvent(event, args);
    this.#waiting.push(() => emitter.emit(event, ...args));
    this.#flush();
  }

  /** A change of state. What is told meanwhile is emitted after it. */
  during(change: () => void): void {
    this.#held++;
    try {
      change();
    } finally {
      this.#held--;
      this.#flush();
    }
  }

  #flush(): void {
    if (this.#held > 0) return;
    // What a listener causes comes after what the other listeners are told now.
    this.#held++;
    for (let emit = this.#waiting.shift(); emit !== undefined; emit = this.#waiting.shift()) {
      try {
        emit();
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
    this.#held--;
  }
}
