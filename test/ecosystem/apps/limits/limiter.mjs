// The limiter that the programs beside this use: 10 an hour, in shared memory, or in Redis where REDIS_SOCKET is set.
import { Redis } from 'ioredis';
import { redisLimiter } from '../../../../dist/redis/index.js';
import { limiter } from '../../../../dist/shared/index.js';

const { REDIS_SOCKET: socket } = process.env;
const client = socket === undefined ? undefined : new Redis(socket);

export function counting(name, limit = 10, windowMs = 3_600_000) {
  const options = { name, limit, windowMs };
  if (client === undefined) return limiter(options);
  return redisLimiter({ ...options, client, timeoutMs: 10_000, onError: 'deny' });
}
