/**
 * The limiter of rondo/shared for several machines: the same methods, asynchronous, each one script in Redis. When
 * Redis fails or takes too long, `onError` decides, and the failure is counted and told.
 */

import { checkInteger } from '../options.js';
import { limiter } from '../shared/index.js';
import { type SomeLimiter, usableLimiter } from '../shared/some-limiter.js';
import type { AsyncLimiter, LimiterAlgorithm, Taken } from '../shared/types.js';
import { type RedisStats, type Script, ScriptCaller } from './client.js';
import { failureReporter } from './failures.js';
import {
  checkKey,
  type RedisLimiterOptions,
  type ValidLimiterOptions,
  validateLimiterOptions,
} from './options.js';
import { DELETE, LIMITERS } from './scripts.js';

/** What take() and peek() of a limiter in Redis answer. */
export interface RedisTaken extends Taken {
  /** Who decided; all but `redis` after a failure. */
  readonly by: 'redis' | 'allow' | 'deny' | 'local';
}

/** A limiter in Redis. Its methods reject for wrong arguments only: when Redis fails, `onError` decides. */
export interface RedisLimiter extends AsyncLimiter {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly algorithm: LimiterAlgorithm;
  take(key: string, n?: number): Promise<RedisTaken>;
  peek(key: string): Promise<RedisTaken>;
  stats(): RedisStats;
}

/**
 * A limiter that all processes with that Redis share. Its keys there are `prefix`, `name`, the algorithm and the window,
 * and the key given, joined by colons; each expires by itself. The time is that of Redis.
 *
 * What was taken when Redis has answered too late counts nevertheless, if the command is still executed.
 *
 * @throws RondoError `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`
 */
export function redisLimiter(options: RedisLimiterOptions): RedisLimiter {
  return new LimiterInRedis(validateLimiterOptions(options));
}

/** How long a client is told to wait that is denied because Redis is gone: it may be back at any time. */
const OUTAGE_RESET_MS = 1_000;

class LimiterInRedis implements RedisLimiter {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly algorithm: LimiterAlgorithm;
  readonly #script: Script;
  readonly #keys: string;
  readonly #redis: ScriptCaller;
  readonly #fallback: 'allow' | 'deny' | SomeLimiter;

  constructor(options: ValidLimiterOptions) {
    const { client, name, prefix, timeoutMs, onFailure, limit, windowMs, algorithm } = options;
    this.name = name;
    this.limit = limit;
    this.windowMs = windowMs;
    this.algorithm = algorithm;
    this.#script = LIMITERS[algorithm];
    this.#keys = `${prefix}${name}:${algorithm}:${windowMs}:`;
    this.#redis = new ScriptCaller(client, timeoutMs, failureReporter(name, onFailure));
    this.#fallback =
      options.onError === 'local'
        ? usableLimiter('onError', limiter({ name: `redis:${name}`, limit, windowMs, algorithm }))
        : options.onError;
  }

  stats(): RedisStats {
    return this.#redis.stats();
  }

  async take(key: string, n = 1): Promise<RedisTaken> {
    checkKey(key);
    checkInteger('n', n, 0, Number.MAX_SAFE_INTEGER);
    const answer = await this.#ask('take', key, n);
    if (answer !== null) return answer;
    const fallback = this.#fallback;
    if (typeof fallback !== 'string') return { ...(await fallback.take(key, n)), by: 'local' };
    return this.#without(fallback);
  }

  async peek(key: string): Promise<RedisTaken> {
    checkKey(key);
    const answer = await this.#ask('take', key, 0);
    if (answer !== null) return answer;
    const fallback = this.#fallback;
    if (typeof fallback !== 'string') return { ...(await fallback.peek(key)), by: 'local' };
    return this.#without(fallback);
  }

  async giveBack(key: string, n = 1): Promise<void> {
    checkKey(key);
    checkInteger('n', n, 0, Number.MAX_SAFE_INTEGER);
    const answer = await this.#ask('give', key, n);
    if (answer === null && typeof this.#fallback !== 'string')
      await this.#fallback.giveBack(key, n);
  }

  async reset(key: string): Promise<void> {
    checkKey(key);
    // Both: the next decision may be either one's.
    if (typeof this.#fallback !== 'string') await this.#fallback.reset(key);
    await this.#redis.call(DELETE, this.#keys + key).catch(() => {});
  }

  /** Null: it has failed, which has been counted and told. */
  async #ask(what: 'take' | 'give', key: string, n: number): Promise<RedisTaken | null> {
    const redis = this.#redis;
    const { limit, windowMs } = this;
    const answer = await redis
      .call(this.#script, this.#keys + key, what, n, limit, windowMs)
      .catch(() => null);
    if (answer === null) return null;
    const [ok, remaining, resetMs] = answer as [number, number, number];
    return { ok: ok === 1, remaining, resetMs, by: 'redis' };
  }

  #without(by: 'allow' | 'deny'): RedisTaken {
    if (by === 'allow') return { ok: true, remaining: this.limit, resetMs: 0, by };
    return { ok: false, remaining: 0, resetMs: Math.min(this.windowMs, OUTAGE_RESET_MS), by };
  }
}
