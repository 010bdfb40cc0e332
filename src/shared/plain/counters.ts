/** The counters in the memory of a primary without the addon: safe integers, as in shared memory. */

import { RondoError } from '../../errors.js';

export class PlainCounters {
  readonly #values = new Map<string, number>();

  /** Those that have ever had a value. */
  all(): Iterable<[name: string, value: number]> {
    return this.#values;
  }

  add(name: string, n: number): number {
    const sum = this.get(name) + n;
    if (!Number.isSafeInteger(sum)) {
      throw new RondoError(
        'ERR_RONDO_SHARED_RANGE',
        `The counter '${name}' would leave the range of safe integers. Added was ${n}`,
        { option: 'n', received: n },
      );
    }
    this.#values.set(name, sum);
    return sum;
  }

  get(name: string): number {
    return this.#values.get(name) ?? 0;
  }

  set(name: string, value: number): void {
    this.#values.set(name, value);
  }

  compareAndSet(name: string, expected: number, value: number): boolean {
    if (this.get(name) !== expected) return false;
    this.#values.set(name, value);
    return true;
  }
}
