/** The open listeners of a dispatcher, with their names and ids. */

import { RondoError } from '../errors.js';
import { MOST_LISTENERS } from '../protocol/protocol.js';
import type { Listener } from './listener.js';
import { ListenerSums, type ListenerTotals } from './listener-sums.js';

export class Listeners {
  readonly #byId = new Map<number, Listener>();
  /** Also of those that are about to open. */
  readonly #names = new Set<string>();
  readonly #sums = new ListenerSums();
  #nextId = 0;

  get byId(): ReadonlyMap<number, Listener> {
    return this.#byId;
  }

  get all(): Listener[] {
    return [...this.#byId.values()];
  }

  /**
   * Before the listener opens: two calls at once must not get the same name. Throws
   * `ERR_RONDO_LISTENER_NAME_TAKEN` and `ERR_RONDO_TOO_MANY_LISTENERS`.
   */
  reserve(name: string): void {
    if (this.#names.has(name)) {
      throw new RondoError(
        'ERR_RONDO_LISTENER_NAME_TAKEN',
        `There is an open listener of the name '${name}'`,
      );
    }
    if (this.#names.size >= MOST_LISTENERS) {
      throw new RondoError(
        'ERR_RONDO_TOO_MANY_LISTENERS',
        `A dispatcher has at most ${MOST_LISTENERS} open listeners`,
      );
    }
    this.#names.add(name);
  }

  /** It did not open. */
  release(name: string): void {
    this.#names.delete(name);
  }

  /** Goes round, so that a late connection of a closed listener meets no new one of the same id. */
  takeId(): number {
    while (this.#byId.has(this.#nextId)) this.#advance();
    const id = this.#nextId;
    this.#advance();
    return id;
  }

  /** By address, also of those that are closed. */
  totals(): ListenerTotals[] {
    return this.#sums.totals(this.all);
  }

  /** Before the transport begins to count anew for that id. */
  forgetCounts(id: number): void {
    this.#sums.renew(id);
  }

  add(listener: Listener): void {
    this.#byId.set(listener.id, listener);
  }

  remove(listener: Listener): void {
    this.#byId.delete(listener.id);
    this.#names.delete(listener.name);
    this.#sums.close(listener);
  }

  #advance(): void {
    this.#nextId = (this.#nextId + 1) % MOST_LISTENERS;
  }
}
