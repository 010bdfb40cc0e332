/**
 * `rondo/limits/flexible`: a limiter with the interface of the published `rate-limiter-flexible`, exact over all workers.
 *
 * @module rondo/limits/flexible
 */

import { invalidOption } from '../errors.js';
import { checkInteger, checkKeys, checkNumber, type Keys } from '../options.js';
import { type SomeLimiter, usableLimiter } from '../shared/some-limiter.js';
import type { Taken } from '../shared/types.js';
import { Blocks } from './blocks.js';
import type { FlexibleLibrary, FlexibleLimiter, FlexibleOptions } from './flexible-types.js';
import { PlainResult, type PointsResult, type ResultClass } from './points-result.js';

export type { BlockStore } from './blocks.js';
export type { FlexibleLibrary, FlexibleLimiter, FlexibleOptions } from './flexible-types.js';
export type { PointsResult, ResultClass } from './points-result.js';

const KEYS: Keys<FlexibleOptions> = {
  keyPrefix: true,
  blockDuration: true,
  blocks: true,
  library: true,
};
const LONGEST_BLOCK = 366 * 24 * 3_600;

/**
 * A limiter with the interface of `rate-limiter-flexible`:
 *
 * ```js
 * const login = flexibleLimiter(limiter({ name: 'login', limit: 5, windowMs: 60_000 }));
 * await login.consume(user).catch((result) => tooMany(result.msBeforeNext));
 * ```
 *
 * A result says what is left and taken in `remainingPoints` and `consumedPoints`. Of a rejected one
 * `consumedPoints` is what there would be if it had been allowed, though nothing was taken for it. Other rejections
 * are errors.
 *
 * @throws RondoError `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`
 */
export function flexibleLimiter(
  limiter: SomeLimiter,
  options: FlexibleOptions = {},
): FlexibleLimiter {
  checkKeys('options', options, KEYS, ' of flexibleLimiter()');
  const { keyPrefix = '', blockDuration = 0, library } = options;
  if (typeof keyPrefix !== 'string') throw invalidOption('keyPrefix', 'a string', keyPrefix);
  checkLibrary(library);
  const Class = limiterClass(library?.RateLimiterCompatibleAbstract ?? Object);
  const blocks = new Blocks(options.blocks);
  const Result = library?.RateLimiterRes ?? PlainResult;
  const made = new Class(usableLimiter('limiter', limiter), keyPrefix, blocks, Result);
  made.blockDuration = blockDuration;
  return made;
}

function checkLibrary(library: FlexibleLibrary | undefined): void {
  if (library === undefined) return;
  const { RateLimiterRes, RateLimiterCompatibleAbstract } = library;
  if (typeof RateLimiterRes === 'function' && typeof RateLimiterCompatibleAbstract === 'function') {
    return;
  }
  throw invalidOption('library', "the module 'rate-limiter-flexible'", library);
}

function limiterClass(Base: abstract new () => object) {
  return class RondoLimiter extends Base implements FlexibleLimiter {
    readonly #limiter: SomeLimiter;
    readonly #blocks: Blocks;
    readonly #Result: ResultClass;
    readonly #keyPrefix: string;
    #blockDuration = 0;

    constructor(limiter: SomeLimiter, keyPrefix: string, blocks: Blocks, Result: ResultClass) {
      super();
      this.#limiter = limiter;
      this.#keyPrefix = keyPrefix;
      this.#blocks = blocks;
      this.#Result = Result;
    }

    get points(): number {
      return this.#limiter.limit;
    }

    get duration(): number {
      return this.#limiter.windowMs / 1_000;
    }

    get msDuration(): number {
      return this.#limiter.windowMs;
    }

    get keyPrefix(): string {
      return this.#keyPrefix;
    }

    get blockDuration(): number {
      return this.#blockDuration;
    }

    set blockDuration(seconds: number) {
      checkNumber('blockDuration', seconds, 0, LONGEST_BLOCK);
      if (seconds > 0) this.#blocks.checkPossible('blockDuration');
      this.#blockDuration = seconds;
    }

    get msBlockDuration(): number {
      return this.#blockDuration * 1_000;
    }

    get execEvenly(): boolean {
      return false;
    }

    set execEvenly(value: boolean) {
      if (value) throw invalidOption('execEvenly', 'false with a limiter of rondo', value);
    }

    getKey(key: string | number): string {
      return this.keyPrefix === '' ? String(key) : `${this.keyPrefix}:${key}`;
    }

    parseKey(key: string): string {
      return this.keyPrefix === '' ? key : key.slice(this.keyPrefix.length + 1);
    }

    async consume(key: string | number, points = 1): Promise<PointsResult> {
      const name = this.getKey(key);
      const blocked = await this.#blocked(name);
      if (blocked !== null) throw blocked;
      const taken = await this.#limiter.take(name, points);
      if (taken.ok) return this.#result(taken, points);
      if (this.#blockDuration > 0) throw await this.block(key, this.#blockDuration);
      throw new this.#Result(
        taken.remaining,
        taken.resetMs,
        this.points - taken.remaining + points,
        false,
      );
    }

    async penalty(key: string | number, points = 1): Promise<PointsResult> {
      const name = this.getKey(key);
      let n = points;
      for (;;) {
        const taken = await this.#limiter.take(name, n);
        if (taken.ok) return this.#result(taken, n);
        // What is left, unless others are quicker; it is less each time.
        n = Math.min(taken.remaining, n - 1);
      }
    }

    async reward(key: string | number, points = 1): Promise<PointsResult> {
      const name = this.getKey(key);
      await this.#limiter.giveBack(name, points);
      return this.#result(await this.#limiter.peek(name));
    }

    async get(key: string | number): Promise<PointsResult | null> {
      const name = this.getKey(key);
      const blocked = await this.#blocked(name);
      if (blocked !== null) return blocked;
      const state = await this.#limiter.peek(name);
      return state.remaining >= this.points ? null : this.#result(state);
    }

    async set(key: string | number, points: number, seconds?: number): Promise<PointsResult> {
      checkInteger('points', points, 0, this.points);
      if (seconds !== undefined && seconds !== this.duration) {
        throw invalidOption('secDuration', `${this.duration}, as in the limiter`, seconds);
      }
      const name = this.getKey(key);
      await this.#limiter.reset(name);
      return this.#result(await this.#limiter.take(name, points));
    }

    async block(key: string | number, seconds: number): Promise<PointsResult> {
      checkNumber('secDuration', seconds, 0, LONGEST_BLOCK);
      await this.#blocks.add(this.getKey(key), seconds * 1_000);
      return this.#blockedFor(seconds === 0 ? -1 : seconds * 1_000);
    }

    async delete(key: string | number): Promise<boolean> {
      const name = this.getKey(key);
      const wasBlocked = await this.#blocks.remove(name);
      const { remaining } = await this.#limiter.peek(name);
      await this.#limiter.reset(name);
      return wasBlocked || remaining < this.points;
    }

    async #blocked(name: string): Promise<PointsResult | null> {
      const ms = await this.#blocks.left(name);
      return ms === null ? null : this.#blockedFor(ms);
    }

    /** -1: without an end. */
    #blockedFor(ms: number): PointsResult {
      return new this.#Result(0, ms, this.points + 1, false);
    }

    #result({ remaining, resetMs }: Taken, justTaken = 0): PointsResult {
      const consumed = Math.max(this.points - remaining, 0);
      return new this.#Result(
        remaining,
        resetMs,
        consumed,
        justTaken > 0 && consumed === justTaken,
      );
    }
  };
}
