// Two processes that take from one limiter in Redis at the same time: exactly the limit passes, by each algorithm, and no
// addition to a counter is lost.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'tap';
import { fixture } from '../fixtures/harness.js';
import { needsRedis, startRedis } from './lib/redis-server.js';

const COUNT = 150;

test('two processes', needsRedis, async (t) => {
  const server = await startRedis(t);
  const run = async (): Promise<Record<string, number>> => {
    const args = [fixture('redis-taker.mjs'), server.socket, String(COUNT)];
    return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
  };
  const [one = {}, other = {}] = await Promise.all([run(), run()]);
  for (const algorithm of ['fixed-window', 'sliding-window', 'token-bucket']) {
    t.equal((one[algorithm] ?? 0) + (other[algorithm] ?? 0), 100, algorithm);
  }
  t.equal(await server.client().get('rondo:two'), String(2 * COUNT));
});
