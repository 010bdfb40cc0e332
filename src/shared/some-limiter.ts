/**
 * Any limiter, for those that are given one: that of rondo/shared, that of rondo/redis, or another object with these
 * methods. Where the addon is missing, the synchronous methods of rondo/shared throw, and their asynchronous twins are
 * used from then on.
 */

import { invalidOption, RondoError } from '../errors.js';
import type { AsyncLimiter, Taken } from './types.js';

/** At once, or by a promise. */
export type Soon<Value> = Value | Promise<Value>;

/** What the adapters of `rondo/limits/…` take: the limiter of `rondo/shared`, that of `rondo/redis`, or one like them. */
export interface SomeLimiter {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  take(key: string, n?: number): Soon<Taken>;
  peek(key: string): Soon<Taken>;
  giveBack(key: string, n?: number): Soon<void>;
  reset(key: string): Soon<void>;
  /** Of a limiter whose own methods are synchronous and may not work everywhere. */
  readonly async?: AsyncLimiter;
}

const METHODS = ['take', 'peek', 'giveBack', 'reset'] as const;

/** The limiter itself, or one that turns to its asynchronous methods; an error names `option`. */
export function usableLimiter(option: string, limiter: SomeLimiter): SomeLimiter {
  const isOne =
    typeof limiter === 'object' &&
    limiter !== null &&
    typeof limiter.name === 'string' &&
    Number.isFinite(limiter.limit) &&
    Number.isFinite(limiter.windowMs) &&
    METHODS.every((method) => typeof limiter[method] === 'function');
  if (!isOne) {
    throw invalidOption(
      option,
      'a limiter of rondo/shared or rondo/redis, or one like them',
      limiter,
    );
  }
  return limiter.async === undefined ? limiter : new EitherLimiter(limiter, limiter.async);
}

class EitherLimiter implements SomeLimiter {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly #sync: SomeLimiter;
  readonly #async: AsyncLimiter;
  #isSync = true;

  constructor(sync: SomeLimiter, async: AsyncLimiter) {
    ({ name: this.name, limit: this.limit, windowMs: this.windowMs } = sync);
    this.#sync = sync;
    this.#async = async;
  }

  take(key: string, n = 1): Soon<Taken> {
    return this.#call((limiter) => limiter.take(key, n));
  }

  peek(key: string): Soon<Taken> {
    return this.#call((limiter) => limiter.peek(key));
  }

  giveBack(key: string, n = 1): Soon<void> {
    return this.#call((limiter) => limiter.giveBack(key, n));
  }

  reset(key: string): Soon<void> {
    return this.#call((limiter) => limiter.reset(key));
  }

  #call<Value>(ask: (limiter: SomeLimiter | AsyncLimiter) => Soon<Value>): Soon<Value> {
    if (this.#isSync) {
      try {
        return ask(this.#sync);
      } catch (error) {
        if (!(error instanceof RondoError) || error.code !== 'ERR_RONDO_NATIVE_MISSING')
          throw error;
        this.#isSync = false;
      }
    }
    return ask(this.#async);
  }
}
