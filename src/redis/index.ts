/**
 * `rondo/redis`: the limiter and the counter of `rondo/shared` for several machines, in a Redis that the program has
 * a client of `ioredis` for. When which: `docs/scaling.md`.
 *
 * @module rondo/redis
 */

export type { RedisClient, RedisStats } from './client.js';
export { type RedisCounter, redisCounter } from './counter.js';
export { type RedisLimiter, type RedisTaken, redisLimiter } from './limiter.js';
export type { OnError, RedisCounterOptions, RedisLimiterOptions } from './options.js';
