/** A limiter whose keys the primary keeps. */

import { checkInteger } from '../../options.js';
import { MOST_KEY_BYTES } from '../checks.js';
import type { AsyncLimiter, LimiterOptions, Taken } from '../types.js';
import { checkKey } from './keys.js';
import type { Ask } from './store.js';

export class RemoteLimiter implements AsyncLimiter {
  readonly #options: Required<LimiterOptions>;
  readonly #ask: Ask;

  constructor(options: Required<LimiterOptions>, ask: Ask) {
    this.#options = options;
    this.#ask = ask;
  }

  async take(key: string, n = 1): Promise<Taken> {
    check(key, n);
    return (await this.#ask(['limiter', this.#options, 'take', key, n])) as Taken;
  }

  async peek(key: string): Promise<Taken> {
    check(key);
    return (await this.#ask(['limiter', this.#options, 'peek', key])) as Taken;
  }

  async giveBack(key: string, n = 1): Promise<void> {
    check(key, n);
    await this.#ask(['limiter', this.#options, 'giveBack', key, n]);
  }

  async reset(key: string): Promise<void> {
    check(key);
    await this.#ask(['limiter', this.#options, 'reset', key]);
  }
}

function check(key: unknown, n = 0): void {
  checkKey(key, MOST_KEY_BYTES);
  checkInteger('n', n, 0, Number.MAX_SAFE_INTEGER);
}
