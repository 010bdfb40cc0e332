// The limiter and the counter of rondo/redis with ioredis and a real redis-server: what they answer is what those of
// rondo/shared answer, each call is one script, and wrong arguments are named.

import { test } from 'tap';
import type { RedisClient } from '../../src/redis/index.js';
import { redisCounter, redisLimiter } from '../../src/redis/index.js';
import { PlainLimiter } from '../../src/shared/plain/limiter.js';
import type { LimiterAlgorithm } from '../../src/shared/types.js';
import { needsRedis, startRedis } from './lib/redis-server.js';

const ALGORITHMS: LimiterAlgorithm[] = ['fixed-window', 'sliding-window', 'token-bucket'];
/** Between two calls of the test no machine takes that long, so time plays no part. */
const HOUR_MS = 3_600_000;

test('limiters', needsRedis, async (t) => {
  const server = await startRedis(t);
  const client = server.client();
  for (const algorithm of ALGORITHMS) {
    const rule = { name: 'test', algorithm, limit: 10, windowMs: HOUR_MS };
    const redis = redisLimiter({ client, ...rule, timeoutMs: 10_000 });
    const plain = new PlainLimiter(rule, 100, () => 0);
    const both = async (what: 'take' | 'peek', n: number): Promise<void> => {
      const expected = plain.take('key', what === 'take' ? n : 0, 'deny');
      const answer = what === 'take' ? await redis.take('key', n) : await redis.peek('key');
      const { ok, remaining, resetMs, by } = answer;
      t.strictSame(
        { ok, remaining, by },
        { ok: expected.ok, remaining: expected.remaining, by: 'redis' },
      );
      t.ok(Math.abs(resetMs - expected.resetMs) < HOUR_MS / 20, `${resetMs} ms are left`);
    };
    await both('peek', 0);
    for (const n of [1, 3, 7, 6, 1, 0, 2]) await both('take', n);
    await both('peek', 0);
    for (const n of [4, 0, 100]) {
      plain.giveBack('key', n);
      await redis.giveBack('key', n);
      await both('peek', 0);
    }
    for (const n of [11, 10, 1]) await both('take', n);
    t.equal((await redis.take('other')).remaining, 9, 'another key is another');
    plain.reset('key');
    await redis.reset('key');
    await both('take', 10);
    for (const key of await client.keys('*')) {
      t.match(key, /^rondo:test:[a-z-]+:3600000:(key|other)$/);
      t.ok((await client.pttl(key)) > 0, `${key} expires by itself`);
    }
    await client.flushdb();
  }
});

test('limits come back with time', needsRedis, async (t) => {
  const server = await startRedis(t);
  const client = server.client();
  for (const algorithm of ALGORITHMS) {
    const limiter = redisLimiter({
      client,
      name: 'short',
      algorithm,
      limit: 4,
      windowMs: 80,
      timeoutMs: 10_000,
    });
    let { ok, resetMs } = await limiter.take('key', 4);
    t.ok(ok && resetMs > 0 && resetMs <= 160, `${resetMs} ms`);
    // A busy machine may take longer than the window for the next call.
    for (; resetMs > 0; { resetMs } = await limiter.peek('key')) {
      await new Promise((resolve) => setTimeout(resolve, resetMs));
    }
    ({ ok } = await limiter.take('key', 4));
    t.ok(ok, algorithm);
    await client.flushdb();
  }
});

test('counters', needsRedis, async (t) => {
  const client = (await startRedis(t)).client();
  const counter = redisCounter({ client, name: 'hits', prefix: 'my:', timeoutMs: 10_000 });
  t.equal(await counter.get(), 0);
  t.equal(await counter.add(), 1);
  t.equal(await counter.add(-3), -2);
  await counter.set(Number.MAX_SAFE_INTEGER - 1);
  t.equal(await counter.add(1), Number.MAX_SAFE_INTEGER);
  await t.rejects(counter.add(1), { code: 'ERR_RONDO_SHARED_RANGE', option: 'n', received: 1 });
  t.equal(await counter.get(), Number.MAX_SAFE_INTEGER, 'and nothing is changed');
  t.equal(await counter.compareAndSet(1, 2), false);
  t.equal(await counter.compareAndSet(Number.MAX_SAFE_INTEGER, 2), true);
  t.equal(await counter.get(), 2);
  t.strictSame(await client.keys('*'), ['my:hits']);
  await client.set('my:hits', 'no number');
  await t.rejects(counter.add(), { code: 'ERR_RONDO_REDIS', message: /not an integer/ });
  t.match(counter.stats(), { failures: 1, pending: 0 });
});

test('one script a call, also after a restart of the server', needsRedis, async (t) => {
  const server = await startRedis(t);
  const client = server.client();
  const sent: string[] = [];
  const spy: RedisClient = {
    evalsha: (...args) => {
      sent.push('evalsha');
      return client.evalsha(...args) as Promise<unknown>;
    },
    eval: (...args) => {
      sent.push('eval');
      return client.eval(...args) as Promise<unknown>;
    },
  };
  const limiter = redisLimiter({
    client: spy,
    name: 'l',
    limit: 3,
    windowMs: HOUR_MS,
    timeoutMs: 10_000,
  });
  await limiter.take('key');
  await limiter.take('key');
  t.strictSame(sent, ['evalsha', 'eval', 'evalsha'], 'the text is sent once');
  await client.script('FLUSH');
  t.equal((await limiter.take('key')).remaining, 0);
  t.strictSame(sent.slice(3), ['evalsha', 'eval']);
  t.strictSame(limiter.stats(), { calls: 3, failures: 0, pending: 0 });
});

test('wrong arguments', needsRedis, async (t) => {
  const client = (await startRedis(t)).client();
  const good = { client, name: 'x', limit: 1, windowMs: 1 };
  const bad: Array<[string, Record<string, unknown>]> = [
    ['client', { client: {} }],
    ['name', { name: '' }],
    ['name', { name: 'n'.repeat(65) }],
    ['limit', { limit: 0 }],
    ['limit', { limit: 1_000_000_000, windowMs: HOUR_MS * 24 }],
    ['windowMs', { windowMs: 0.5 }],
    ['algorithm', { algorithm: 'leaky' }],
    ['onError', { onError: 'throw' }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['prefix', { prefix: 1 }],
    ['onFailure', { onFailure: 'log' }],
  ];
  for (const [option, wrong] of bad) {
    const options = { ...good, ...wrong };
    t.throws(() => redisLimiter(options), { code: 'ERR_RONDO_INVALID_OPTION', option });
  }
  const unknown = { code: 'ERR_RONDO_UNKNOWN_OPTION', option: 'entries' };
  t.throws(() => redisLimiter({ ...good, entries: 1 } as typeof good), unknown);
  t.throws(() => redisCounter(good), { code: 'ERR_RONDO_UNKNOWN_OPTION', option: 'limit' });
  const limiter = redisLimiter(good);
  const counter = redisCounter({ client, name: 'x' });
  await t.rejects(limiter.take(''), { code: 'ERR_RONDO_INVALID_OPTION', option: 'key' });
  await t.rejects(limiter.take('k'.repeat(1_025)), {
    code: 'ERR_RONDO_INVALID_OPTION',
    option: 'key',
  });
  await t.rejects(limiter.take('key', -1), {
    code: 'ERR_RONDO_INVALID_OPTION',
    option: 'n',
    received: -1,
  });
  await t.rejects(limiter.giveBack('key', 0.5), { code: 'ERR_RONDO_INVALID_OPTION', option: 'n' });
  await t.rejects(counter.add(2 ** 53), { code: 'ERR_RONDO_INVALID_OPTION', option: 'n' });
  await t.rejects(counter.compareAndSet(0, Number.NaN), {
    code: 'ERR_RONDO_INVALID_OPTION',
    option: 'value',
  });
  t.equal(limiter.stats().calls + counter.stats().calls, 0, 'Redis was never asked');
});
