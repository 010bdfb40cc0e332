/** What `rondo/limits/flexible` takes and gives. */

import type { BlockStore } from './blocks.js';
import type { PointsResult, ResultClass } from './points-result.js';

/** What is used of the published package, where its classes are to be recognized. */
export interface FlexibleLibrary {
  readonly RateLimiterRes: ResultClass;
  readonly RateLimiterCompatibleAbstract: abstract new () => object;
}

/** Options of `flexibleLimiter()`. */
export interface FlexibleOptions {
  /** What keys begin with, and a colon; by it `RateLimiterUnion` names its results. Default `''`: nothing. */
  readonly keyPrefix?: string;
  /** For how many seconds a key is blocked that asks for more than there is. Default 0: until the limiter allows it. */
  readonly blockDuration?: number;
  /**
   * Where blocked keys are kept: a `map` of `rondo/shared`, or its `.async`. Without it block() rejects, and
   * `blockDuration` is an error.
   */
  readonly blocks?: BlockStore;
  /**
   * The published package, `import * as library from 'rate-limiter-flexible'`: results are of its `RateLimiterRes` then, and its
   * wrappers, such as `RateLimiterUnion` and `BurstyRateLimiter`, take this limiter for one of theirs.
   */
  readonly library?: FlexibleLibrary;
}

/** A limiter of rondo with the methods of `rate-limiter-flexible`. */
export interface FlexibleLimiter {
  /** The limit. */
  readonly points: number;
  /** The window, in seconds. */
  readonly duration: number;
  readonly msDuration: number;
  readonly keyPrefix: string;
  blockDuration: number;
  readonly msBlockDuration: number;
  /** Always false: nothing is delayed. */
  execEvenly: boolean;
  getKey(key: string | number): string;
  parseKey(key: string): string;
  /** Resolves if there are so many points, and takes them; otherwise takes none and rejects with the same kind of result. */
  consume(key: string | number, points?: number): Promise<PointsResult>;
  /** Takes so many points, or what there is of them. */
  penalty(key: string | number, points?: number): Promise<PointsResult>;
  /** Gives back so many points, or what was taken. */
  reward(key: string | number, points?: number): Promise<PointsResult>;
  /** Null if nothing is taken and the key is not blocked. */
  get(key: string | number): Promise<PointsResult | null>;
  /** In two steps, so others may take points in between. `seconds`, if given, must be the duration. */
  set(key: string | number, points: number, seconds?: number): Promise<PointsResult>;
  /** Nothing may be consumed for so many seconds; 0: until delete(). */
  block(key: string | number, seconds: number): Promise<PointsResult>;
  /** Whether there was anything to delete. */
  delete(key: string | number): Promise<boolean>;
}
