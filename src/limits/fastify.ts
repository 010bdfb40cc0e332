/**
 * `rondo/limits/fastify`: a store for the published `@fastify/rate-limit`, so that its limits hold over all workers.
 *
 * @module rondo/limits/fastify
 */

import { invalidOption, RondoError } from '../errors.js';
import { type SomeLimiter, usableLimiter } from '../shared/some-limiter.js';
import type { Taken } from '../shared/types.js';

/** What a store is to limit: what the plugin or one of its routes says. */
export interface FastifyLimit {
  readonly limit: number;
  readonly windowMs: number;
  /** `''` for the plugin's own, `GET/login` for a route with limits of its own: to make a name of. */
  readonly route: string;
}

/** Makes the limiter for a limit; the same name for the same route, in every process. */
export type FastifyLimiterFactory = (limit: FastifyLimit) => SomeLimiter;

/** What `@fastify/rate-limit` is told of a key. */
export interface FastifyHits {
  current: number;
  /** Milliseconds. */
  ttl: number;
}

export type FastifyCallback = (error: Error | null, hits?: FastifyHits) => void;

/** What is read of the parameters that the plugin gives to its store. */
export interface FastifyParameters {
  readonly continueExceeding?: boolean;
  readonly exponentialBackoff?: boolean;
  readonly ban?: number;
  readonly routeInfo?: { readonly method?: string | string[]; readonly url?: string };
}

/** A store of `@fastify/rate-limit`. */
export interface FastifyStore {
  incr(key: string, callback: FastifyCallback, windowMs: number, max: number): void;
  read(key: string, callback: FastifyCallback, windowMs: number, max: number): void;
  child(parameters: FastifyParameters): FastifyStore;
}

/** How many limits one store may have limiters for: a `max` that is a function may answer anything. */
const MOST_LIMITS = 64;

/**
 * The class that `@fastify/rate-limit` wants as its `store`. With a function, that makes the limiter for each limit
 * which the plugin or a route has:
 *
 * ```js
 * const store = fastifyStore(({ route, limit, windowMs }) =>
 *   limiter({ name: `api ${route}`, limit, windowMs }));
 * await app.register(rateLimit, { max: 100, timeWindow: '1 minute', store });
 * ```
 *
 * or with one limiter for all: then `max` and `timeWindow` must be those of the limiter, and routes count apart, by
 * their keys. A request with other limits fails with `ERR_RONDO_INVALID_OPTION`.
 *
 * A denied request takes nothing, so `ban` (but 0), `continueExceeding` and `exponentialBackoff` are errors.
 *
 * @throws RondoError `ERR_RONDO_INVALID_OPTION`
 */
export function fastifyStore(
  limiter: SomeLimiter | FastifyLimiterFactory,
): new (
  parameters: FastifyParameters,
) => FastifyStore {
  const limiterFor: FastifyLimiterFactory =
    typeof limiter === 'function' ? limiter : always(usableLimiter('limiter', limiter));
  return class extends Store {
    constructor(parameters: FastifyParameters) {
      super(limiterFor, typeof limiter === 'function', parameters);
    }
  };
}

function always(limiter: SomeLimiter): FastifyLimiterFactory {
  return ({ limit, windowMs }) => {
    checkSame('max', limiter.limit, limit);
    checkSame('timeWindow', limiter.windowMs, windowMs);
    return limiter;
  };
}

function checkSame(option: string, limiters: number, received: number): void {
  if (received === limiters) return;
  throw invalidOption(option, `${limiters}, as in the limiter of the store`, received);
}

class Store implements FastifyStore {
  readonly #limiterFor: FastifyLimiterFactory;
  readonly #isMany: boolean;
  readonly #route: string;
  readonly #limiters = new Map<string, SomeLimiter>();

  constructor(limiterFor: FastifyLimiterFactory, isMany: boolean, parameters: FastifyParameters) {
    checkSupported(parameters);
    this.#limiterFor = limiterFor;
    this.#isMany = isMany;
    this.#route = routeOf(parameters);
  }

  incr(key: string, callback: FastifyCallback, windowMs: number, max: number): void {
    this.#ask(callback, windowMs, max, (limiter) => limiter.take(this.#key(key)));
  }

  read(key: string, callback: FastifyCallback, windowMs: number, max: number): void {
    this.#ask(callback, windowMs, max, (limiter) => limiter.peek(this.#key(key)));
  }

  child(parameters: FastifyParameters): FastifyStore {
    return new Store(this.#limiterFor, this.#isMany, parameters);
  }

  /** With a limiter for all, it is by their keys that routes are apart. */
  #key(key: string): string {
    return this.#isMany || this.#route === '' ? key : `${this.#route} ${key}`;
  }

  #ask(
    callback: FastifyCallback,
    windowMs: number,
    max: number,
    ask: (limiter: SomeLimiter) => Taken | Promise<Taken>,
  ): void {
    const answer = async (): Promise<FastifyHits> => {
      const taken = await ask(this.#limiter(max, windowMs));
      const current = taken.ok ? max - taken.remaining : max + 1;
      return { current: Math.max(current, 0), ttl: taken.resetMs };
    };
    answer().then(
      (hits) => callback(null, hits),
      (error) => callback(error),
    );
  }

  #limiter(limit: number, windowMs: number): SomeLimiter {
    const name = `${limit}/${windowMs}`;
    const known = this.#limiters.get(name);
    if (known !== undefined) return known;
    if (this.#limiters.size === MOST_LIMITS) {
      throw new RondoError(
        'ERR_RONDO_INVALID_OPTION',
        `The options 'max' and 'timeWindow' have had ${MOST_LIMITS} values, the most there may be. Received ${name}`,
      );
    }
    const made = this.#limiterFor({ limit, windowMs, route: this.#route });
    const limiter = usableLimiter('limiter', made);
    this.#limiters.set(name, limiter);
    return limiter;
  }
}

function routeOf({ routeInfo }: FastifyParameters): string {
  if (routeInfo === undefined) return '';
  return `${[routeInfo.method ?? ''].flat().join(',')}${routeInfo.url ?? ''}`;
}

function checkSupported({ continueExceeding, exponentialBackoff, ban }: FastifyParameters): void {
  if (continueExceeding === true) throw unsupported('continueExceeding', false, true);
  if (exponentialBackoff === true) throw unsupported('exponentialBackoff', false, true);
  if (ban !== undefined && ban > 0) throw unsupported('ban', '-1 or 0', ban);
}

function unsupported(option: string, expected: unknown, received: unknown): RondoError {
  return invalidOption(option, `${expected} with a limiter of rondo`, received);
}
