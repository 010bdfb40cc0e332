/** A number in Redis, by the asynchronous methods of a counter of rondo/shared. */

import { RondoError } from '../errors.js';
import { checkInteger } from '../options.js';
import type { AsyncCounter } from '../shared/types.js';
import { type RedisStats, ScriptCaller } from './client.js';
import { failureReporter } from './failures.js';
import { type RedisCounterOptions, validateCounterOptions } from './options.js';
import { ADD, COMPARE_AND_SET, GET, SET } from './scripts.js';

const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;

/** A counter in Redis; its methods reject with `ERR_RONDO_REDIS` when Redis fails, or takes too long. */
export interface RedisCounter extends AsyncCounter {
  readonly name: string;
  stats(): RedisStats;
}

/**
 * A safe integer that all processes with that Redis share, under the key `prefix` + `name`. What a call that has failed for
 * want of time was to do may still be done later. What would leave the range of safe integers rejects with
 * `ERR_RONDO_SHARED_RANGE`, and changes nothing.
 *
 * @throws RondoError `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`
 */
export function redisCounter(options: RedisCounterOptions): RedisCounter {
  return new Counter(options);
}

class Counter implements RedisCounter {
  readonly name: string;
  readonly #key: string;
  readonly #redis: ScriptCaller;

  constructor(options: RedisCounterOptions) {
    const { client, name, prefix, timeoutMs, onFailure } = validateCounterOptions(options);
    this.name = name;
    this.#key = `${prefix}${name}`;
    this.#redis = new ScriptCaller(client, timeoutMs, failureReporter(name, onFailure));
  }

  stats(): RedisStats {
    return this.#redis.stats();
  }

  async add(n = 1): Promise<number> {
    checkInteger('n', n, MIN_SAFE_INTEGER, MAX_SAFE_INTEGER);
    const sum = await this.#redis.call(ADD, this.#key, n);
    if (sum !== null) return Number(sum);
    throw new RondoError(
      'ERR_RONDO_SHARED_RANGE',
      `The counter '${this.name}' would leave the range of safe integers. Added was ${n}`,
      { option: 'n', received: n },
    );
  }

  async get(): Promise<number> {
    return Number(await this.#redis.call(GET, this.#key));
  }

  async set(value: number): Promise<void> {
    checkInteger('value', value, MIN_SAFE_INTEGER, MAX_SAFE_INTEGER);
    await this.#redis.call(SET, this.#key, value);
  }

  async compareAndSet(expected: number, value: number): Promise<boolean> {
    checkInteger('expected', expected, MIN_SAFE_INTEGER, MAX_SAFE_INTEGER);
    checkInteger('value', value, MIN_SAFE_INTEGER, MAX_SAFE_INTEGER);
    return Number(await this.#redis.call(COMPARE_AND_SET, this.#key, expected, value)) === 1;
  }
}
