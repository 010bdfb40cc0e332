/** A counter that the primary keeps. */

import { badCount, isCount } from '../checks.js';
import type { AsyncCounter } from '../types.js';
import type { Ask } from './store.js';

export class RemoteCounter implements AsyncCounter {
  readonly #name: string;
  readonly #ask: Ask;

  constructor(name: string, ask: Ask) {
    this.#name = name;
    this.#ask = ask;
  }

  async add(n = 1): Promise<number> {
    return (await this.#ask(['counter', this.#name, 'add', checked('n', n)])) as number;
  }

  async get(): Promise<number> {
    return (await this.#ask(['counter', this.#name, 'get'])) as number;
  }

  async set(value: number): Promise<void> {
    await this.#ask(['counter', this.#name, 'set', checked('value', value)]);
  }

  async compareAndSet(expected: number, value: number): Promise<boolean> {
    const numbers = [checked('expected', expected), checked('value', value)] as const;
    return (await this.#ask(['counter', this.#name, 'compareAndSet', ...numbers])) as boolean;
  }
}

function checked(name: string, value: number): number {
  if (!isCount(value)) throw badCount(name, value);
  return value;
}
