/**
 * `rondo/limits/express`: a store for the published `express-rate-limit`, so that its limits hold over all workers.
 *
 * The package counts every request, also those that it denies; the limiter counts what it has allowed. So a denied request is
 * one more than the limit, whatever came before it, and there is nothing to give back for it.
 *
 * @module rondo/limits/express
 */

import { invalidOption, type RondoError } from '../errors.js';
import { type SomeLimiter, usableLimiter } from '../shared/some-limiter.js';
import type { Taken } from '../shared/types.js';
import { DeniedHits } from './denied-hits.js';

/** What is read of the options of `express-rate-limit`. */
export interface ExpressRateLimitOptions {
  readonly windowMs: number;
  readonly limit: unknown;
  readonly statusCode: number;
  readonly skipFailedRequests: boolean;
  readonly skipSuccessfulRequests: boolean;
}

/** What `express-rate-limit` is told of a key. */
export interface ExpressHits {
  totalHits: number;
  resetTime: Date;
}

/**
 * A store for `express-rate-limit`, one per call of its `rateLimit()`:
 *
 * ```js
 * const api = limiter({ name: 'api', limit: 100, windowMs: 60_000 });
 * app.use(rateLimit({ limit: api.limit, windowMs: api.windowMs, store: new ExpressStore(api) }));
 * ```
 *
 * `limit` and `windowMs` of both must be the same: otherwise `init()` throws `ERR_RONDO_INVALID_OPTION`, which the package
 * logs, and every request fails with it. A `limit` that is a function may answer less than the limiter's.
 *
 * With `skipFailedRequests` or `skipSuccessfulRequests` requests are given back; a denied one is taken for failed if its
 * `statusCode` is 400 or more, as the package's own `requestWasSuccessful` does.
 */
export class ExpressStore {
  /** Keys are those of all processes. */
  readonly localKeys = false;
  /** By that the package tells the stores of two limiters apart. */
  readonly prefix: string;
  readonly #limiter: SomeLimiter;
  #mismatch: RondoError | null = null;
  #denied: DeniedHits | null = null;
  /** More than any limit that the package may compare it with. */
  #tooMany: number;

  /** @throws RondoError `ERR_RONDO_INVALID_OPTION` */
  constructor(limiter: SomeLimiter) {
    this.#limiter = usableLimiter('limiter', limiter);
    this.prefix = `${limiter.name}:`;
    this.#tooMany = limiter.limit + 1;
  }

  init(options: ExpressRateLimitOptions): void {
    const { limit, windowMs } = this.#limiter;
    if (typeof options.limit === 'function') this.#tooMany = Number.MAX_SAFE_INTEGER;
    else if (options.limit !== limit) this.#mismatch = mismatch('limit', limit, options.limit);
    if (options.windowMs !== windowMs) {
      this.#mismatch = mismatch('windowMs', windowMs, options.windowMs);
    }
    const isDeniedFailed = options.statusCode >= 400;
    if (isDeniedFailed ? options.skipFailedRequests : options.skipSuccessfulRequests) {
      this.#denied = new DeniedHits();
    }
    if (this.#mismatch !== null) throw this.#mismatch;
  }

  async increment(key: string): Promise<ExpressHits> {
    if (this.#mismatch !== null) throw this.#mismatch;
    const taken = await this.#limiter.take(key);
    if (!taken.ok) this.#denied?.add(key, taken.resetMs);
    return this.#hits(taken);
  }

  async decrement(key: string): Promise<void> {
    if (this.#denied?.remove(key) === true) return;
    await this.#limiter.giveBack(key);
  }

  async resetKey(key: string): Promise<void> {
    await this.#limiter.reset(key);
  }

  async get(key: string): Promise<ExpressHits | undefined> {
    const state = await this.#limiter.peek(key);
    const used = this.#limiter.limit - state.remaining;
    return used <= 0 ? undefined : { ...this.#hits(state), totalHits: used };
  }

  #hits({ ok, remaining, resetMs }: Taken): ExpressHits {
    // A limiter without an answer may say that all are left; the package wants a positive number.
    const totalHits = ok ? Math.max(this.#limiter.limit - remaining, 1) : this.#tooMany;
    return { totalHits, resetTime: new Date(Date.now() + resetMs) };
  }
}

function mismatch(option: string, limiters: number, received: unknown): RondoError {
  return invalidOption(option, `${limiters}, as in the limiter of the store`, received);
}
