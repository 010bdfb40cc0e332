/** What keys change in the running rondo. */

import type { ControlClient } from '../../control/client.js';
import type { Snapshot } from '../../control/types.js';
import type { Key } from './keys.js';

export interface Action {
  /** What is done, for the last line. */
  name: string;
  /** It is only done after a yes. Null: at once. */
  question: string | null;
  run(): Promise<unknown>;
}

export class Actions {
  readonly #client: ControlClient;
  /** How many workers were asked for last, while no snapshot can have that yet: `+` twice is two more. */
  #wanted: number | null = null;
  #scalings = 0;
  #running = 0;

  constructor(client: ControlClient) {
    this.#client = client;
  }

  /** Null for a key that changes nothing, or while there is nothing to change. */
  for(key: Key, snapshot: Snapshot | null, seat: number | null): Action | null {
    if (snapshot === null) return null;
    if (key === '+') return this.#scaling((this.#wanted ?? snapshot.workers) + 1);
    if (key === '-') return this.#scaling((this.#wanted ?? snapshot.workers) - 1);
    if (seat === null) return null;
    const workers = snapshot.seats.find((one) => one.seat === seat)?.workers ?? [];
    const who = `worker ${seat} (pid ${workers.map(({ pid }) => pid).join(' and ') || 'none'})`;
    if (key === 'R') {
      const question = `Restart ${who}? y or n`;
      const name = `restart worker ${seat}`;
      return { name, question, run: () => this.#client.restart(seat) };
    }
    if (key === 'd') {
      const question = `Drain ${who}, and leave its seat empty? y or n`;
      return { name: `drain worker ${seat}`, question, run: () => this.#client.drain(seat) };
    }
    return null;
  }

  /** Before a snapshot is asked for; for `settle()`. */
  mark(): number {
    return this.#running > 0 ? -1 : this.#scalings;
  }

  /** A snapshot has come: it has what was asked for, if nothing was after the mark. */
  settle(mark: number): void {
    if (mark === this.#scalings) this.#wanted = null;
  }

  /** No question: nothing is lost by it, and the other key undoes it. */
  #scaling(workers: number): Action {
    const run = async (): Promise<void> => {
      this.#wanted = workers;
      this.#scalings++;
      this.#running++;
      try {
        await this.#client.scale(workers);
      } catch (error) {
        this.#wanted = null;
        throw error;
      } finally {
        this.#running--;
      }
    };
    return {
      name: `scale to ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
      question: null,
      run,
    };
  }
}
