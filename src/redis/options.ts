/** What the two functions of rondo/redis take, checked. */

import { invalidOption, type RondoError } from '../errors.js';
import { checkInteger, checkKeys, checkName, checkOneOf, type Keys } from '../options.js';
import type { LimiterAlgorithm } from '../shared/types.js';
import type { RedisClient } from './client.js';

interface Common {
  /** Of `ioredis`, or its `Cluster`. It is not closed here. */
  readonly client: RedisClient;
  /** The same name in all processes that share it, 1 to 64 characters. */
  readonly name: string;
  /** What all keys in Redis begin with. Default `rondo:`. */
  readonly prefix?: string;
  /** How long Redis may take, in milliseconds. Default 250, at most 60,000. */
  readonly timeoutMs?: number;
  /**
   * Called with every failure: `ERR_RONDO_REDIS`, with the client's error as its `cause`. Default: the first in a
   * minute is a warning of the process.
   */
  readonly onFailure?: (error: RondoError) => void;
}

/** Options of {@link redisCounter}. */
export interface RedisCounterOptions extends Common {}

/** Options of {@link redisLimiter}. */
export interface RedisLimiterOptions extends Common {
  /** How many a key may take in a window; for `token-bucket` also the size of the bucket. */
  readonly limit: number;
  readonly windowMs: number;
  /** Default `fixed-window`. */
  readonly algorithm?: LimiterAlgorithm;
  /**
   * What take() answers when Redis does not: everything passes, nothing passes, or a limiter of `rondo/shared`, called
   * `redis:` and the name, decides for this machine alone. Default `allow`.
   */
  readonly onError?: OnError;
}

export type OnError = 'allow' | 'deny' | 'local';

export const ALGORITHMS: readonly LimiterAlgorithm[] = [
  'fixed-window',
  'sliding-window',
  'token-bucket',
];
const ON_ERROR: readonly OnError[] = ['allow', 'deny', 'local'];

const COMMON: Keys<Common> = {
  client: true,
  name: true,
  prefix: true,
  timeoutMs: true,
  onFailure: true,
};
const LIMITER: Keys<RedisLimiterOptions> = {
  ...COMMON,
  limit: true,
  windowMs: true,
  algorithm: true,
  onError: true,
};
/** Products of both are exact in Redis up to 2^53. */
const MOST = 1_000_000_000;
const LONGEST_KEY = 1_024;
const LONGEST_WINDOW_MS = 366 * 24 * 3_600_000;

export type ValidCommon = Required<Omit<Common, 'onFailure'>> & {
  readonly onFailure: Common['onFailure'] | undefined;
};
export type ValidLimiterOptions = ValidCommon &
  Required<Pick<RedisLimiterOptions, 'limit' | 'windowMs' | 'algorithm' | 'onError'>>;

export function validateCounterOptions(options: RedisCounterOptions): ValidCommon {
  checkKeys('options', options, COMMON, ' of redisCounter()');
  return validCommon(options);
}

export function validateLimiterOptions(options: RedisLimiterOptions): ValidLimiterOptions {
  checkKeys('options', options, LIMITER, ' of redisLimiter()');
  const { limit, windowMs, algorithm = 'fixed-window', onError = 'allow' } = options;
  checkInteger('limit', limit, 1, MOST);
  checkInteger('windowMs', windowMs, 1, LONGEST_WINDOW_MS);
  checkOneOf('algorithm', algorithm, ALGORITHMS);
  checkOneOf('onError', onError, ON_ERROR);
  if (limit * windowMs > Number.MAX_SAFE_INTEGER) {
    const most = Math.floor(Number.MAX_SAFE_INTEGER / windowMs);
    throw invalidOption('limit', `at most ${most} with a windowMs of ${windowMs}`, limit);
  }
  return { ...validCommon(options), limit, windowMs, algorithm, onError };
}

function validCommon(options: Common): ValidCommon {
  const { client, name, prefix = 'rondo:', timeoutMs = 250, onFailure } = options;
  if (typeof client?.evalsha !== 'function' || typeof client.eval !== 'function') {
    throw invalidOption('client', 'a client of ioredis', client);
  }
  checkName('name', name);
  if (typeof prefix !== 'string') throw invalidOption('prefix', 'a string', prefix);
  checkInteger('timeoutMs', timeoutMs, 1, 60_000);
  if (onFailure !== undefined && typeof onFailure !== 'function') {
    throw invalidOption('onFailure', 'a function', onFailure);
  }
  return { client, name, prefix, timeoutMs, onFailure };
}

export function checkKey(key: unknown): void {
  if (typeof key === 'string' && key.length >= 1 && key.length <= LONGEST_KEY) return;
  throw invalidOption('key', `a string of 1 to ${LONGEST_KEY} characters`, key);
}
