// The adapters of rondo/limits by themselves, each on a limiter in this process: what they do at the edges, and what they
// refuse. With the published packages: test/ecosystem/published-limiters-….test.ts.

import { ExpressStore } from 'rondo/limits/express';
import { fastifyStore } from 'rondo/limits/fastify';
import { flexibleLimiter } from 'rondo/limits/flexible';
import { test } from 'tap';
import { DeniedHits } from '../../src/limits/denied-hits.js';
import { limiterHere, mapHere } from '../fixtures/limiter-here.js';

const WRONG = 'ERR_RONDO_INVALID_OPTION';
const EXPRESS = {
  limit: 2,
  windowMs: 1_000,
  statusCode: 429,
  skipFailedRequests: false,
  skipSuccessfulRequests: false,
};

test('ExpressStore', async (t) => {
  const store = new ExpressStore(limiterHere(2));
  store.init(EXPRESS);
  t.equal(store.localKeys, false);
  t.equal(store.prefix, 'here:');
  t.equal(await store.get('a'), undefined);
  const before = Date.now();
  const { totalHits, resetTime } = await store.increment('a');
  t.equal(totalHits, 1);
  t.ok(resetTime.getTime() >= before + 1_000 && resetTime.getTime() <= Date.now() + 1_000);
  t.match(await store.increment('a'), { totalHits: 2 });
  t.match(await store.increment('a'), { totalHits: 3 });
  t.match(await store.increment('a'), { totalHits: 3 }, 'a denied one is not counted');
  t.match(await store.get('a'), { totalHits: 2 });
  await store.decrement('a');
  t.match(await store.get('a'), { totalHits: 1 });
  await store.resetKey('a');
  t.equal(await store.get('a'), undefined);
  t.throws(() => new ExpressStore({} as never), { code: WRONG, option: 'limiter' });
});

test('ExpressStore: which requests are given back', async (t) => {
  const used = async (options: object): Promise<number | undefined> => {
    const store = new ExpressStore(limiterHere(2));
    store.init({ ...EXPRESS, ...options });
    for (let i = 0; i < 5; i++) await store.increment('a');
    for (let i = 0; i < 3; i++) await store.decrement('a');
    return (await store.get('a'))?.totalHits;
  };
  t.equal(await used({ skipFailedRequests: true }), 2, 'three were denied');
  t.equal(await used({ skipSuccessfulRequests: true }), undefined, 'none of the denied is meant');
  t.equal(await used({ skipSuccessfulRequests: true, statusCode: 200 }), 2);
});

test('ExpressStore: options that do not fit', async (t) => {
  for (const [option, wrong] of [
    ['limit', { limit: 3 }],
    ['windowMs', { windowMs: 999 }],
  ] as const) {
    const store = new ExpressStore(limiterHere(2));
    t.throws(() => store.init({ ...EXPRESS, ...wrong }), { code: WRONG, option });
    await t.rejects(store.increment('a'), { code: WRONG, option });
  }
  const store = new ExpressStore(limiterHere(1));
  store.init({ ...EXPRESS, limit: () => 5 });
  await store.increment('a');
  const { totalHits } = await store.increment('a');
  t.ok(totalHits > 5, 'more than a function can allow');
});

test('denied hits are forgotten with their window', async (t) => {
  const hits = new DeniedHits();
  hits.add('a', 10, 0);
  hits.add('a', 10, 5);
  t.ok(hits.remove('a', 6));
  t.ok(hits.remove('a', 6));
  t.notOk(hits.remove('a', 6));
  hits.add('a', 10, 10);
  t.notOk(hits.remove('a', 20));
  for (let i = 0; i < 100; i++) hits.add(`key ${i}`, 10, 30 + i);
  t.ok(hits.size <= 12, `${hits.size} are kept`);
});

test('fastifyStore', async (t) => {
  const asked: object[] = [];
  const Store = fastifyStore((limit) => {
    asked.push(limit);
    return limiterHere(limit.limit, limit.windowMs);
  });
  const incr = (store: InstanceType<typeof Store>, max: number, windowMs = 1_000) =>
    new Promise((resolve, reject) => {
      store.incr('a', (error, hits) => (error ? reject(error) : resolve(hits)), windowMs, max);
    });
  const store = new Store({ ban: -1, continueExceeding: false });
  t.match(await incr(store, 1), { current: 1, ttl: 1_000 });
  t.match(await incr(store, 1), { current: 2 });
  t.match(await incr(store, 1), { current: 2 }, 'a denied one is not counted');
  t.match(await incr(store, 2), { current: 1 }, 'another limit is another limiter');
  const child = store.child({ routeInfo: { method: ['GET', 'HEAD'], url: '/x' } });
  t.match(await incr(child, 1), { current: 1 });
  t.strictSame(asked, [
    { limit: 1, windowMs: 1_000, route: '' },
    { limit: 2, windowMs: 1_000, route: '' },
    { limit: 1, windowMs: 1_000, route: 'GET,HEAD/x' },
  ]);
  for (let max = 3; max <= 64; max++) await incr(store, max);
  await t.rejects(incr(store, 65), { code: WRONG, message: /64 values/ });

  const One = fastifyStore(limiterHere(1));
  const one = new One({});
  t.match(await incr(one, 1), { current: 1 });
  t.match(await incr(one.child({ routeInfo: { method: 'GET', url: '/' } }), 1), { current: 1 });
  t.match(await incr(one, 1), { current: 2 });
  await t.rejects(incr(one, 2), { code: WRONG, option: 'max' });
  await t.rejects(incr(one, 1, 999), { code: WRONG, option: 'timeWindow' });

  t.throws(() => fastifyStore({} as never), { code: WRONG, option: 'limiter' });
  const unsupported = [{ continueExceeding: true }, { exponentialBackoff: true }, { ban: 1 }];
  for (const parameters of unsupported) {
    const [option] = Object.keys(parameters);
    t.throws(() => new Store(parameters), { code: WRONG, option } as { code: string });
    t.throws(() => store.child(parameters), { code: WRONG, option } as { code: string });
  }
});

test('flexibleLimiter', async (t) => {
  const limiter = flexibleLimiter(limiterHere(5), { keyPrefix: 'p', blocks: mapHere() });
  t.match({ ...pick(limiter) }, { points: 5, duration: 1, msDuration: 1_000, keyPrefix: 'p' });
  t.equal(limiter.getKey(7), 'p:7');
  t.equal(limiter.parseKey('p:7'), '7');
  t.equal(await limiter.get('a'), null);
  t.match(await limiter.consume('a', 3), result(2, 3, true));
  t.match(await limiter.consume('a'), result(1, 4));
  const rejected = await limiter.consume('a', 2).catch((reason) => reason);
  t.match(rejected, result(1, 6));
  t.notOk(rejected instanceof Error);
  t.match(JSON.parse(String(rejected)), result(1, 6));
  t.match(await limiter.penalty('a', 3), result(0, 5), 'as many as there are');
  t.match(await limiter.reward('a', 2), result(2, 3));
  t.match(await limiter.get('a'), result(2, 3));
  t.match(await limiter.set('a', 1), result(4, 1));
  await t.rejects(limiter.set('a', 1, 2), { code: WRONG, option: 'secDuration' });
  await t.rejects(limiter.set('a', 6), { code: WRONG, option: 'points' });
  t.equal(await limiter.delete('a'), true);
  t.equal(await limiter.delete('a'), false);
});

test('flexibleLimiter: blocked keys', async (t) => {
  const limiter = flexibleLimiter(limiterHere(1), { blocks: mapHere() });
  t.match(await limiter.block('a', 60), { ...result(0, 2), msBeforeNext: 60_000 });
  const blocked = await limiter.consume('a').catch((reason) => reason);
  t.match(blocked, result(0, 2));
  t.ok(blocked.msBeforeNext > 50_000 && blocked.msBeforeNext <= 60_000);
  t.match(await limiter.get('a'), result(0, 2));
  t.equal(await limiter.delete('a'), true);
  t.match(await limiter.consume('a'), result(0, 1, true));
  await limiter.block('b', 0);
  t.match(await limiter.get('b'), { msBeforeNext: -1 }, 'for ever');
  limiter.blockDuration = 30;
  t.match(await limiter.consume('a').catch((reason) => reason), { msBeforeNext: 30_000 });
  t.ok(((await limiter.get('a'))?.msBeforeNext ?? 0) > 20_000, 'longer than the window');

  const without = flexibleLimiter(limiterHere(1));
  await t.rejects(without.block('a', 1), { code: WRONG, option: 'blocks' });
  t.throws(() => flexibleLimiter(limiterHere(1), { blockDuration: 1 }), {
    option: 'blocks',
  } as Match);
  t.throws(() => flexibleLimiter(limiterHere(1), { library: {} as never }), {
    option: 'library',
  } as Match);
  t.throws(() => flexibleLimiter(limiterHere(1), { points: 1 } as object), {
    option: 'points',
  } as Match);
  t.throws(
    () => {
      limiter.execEvenly = true;
    },
    { code: WRONG, option: 'execEvenly' },
  );
});

type Match = { code: string; option: string };

function pick(limiter: ReturnType<typeof flexibleLimiter>): object {
  const { points, duration, msDuration, keyPrefix } = limiter;
  return { points, duration, msDuration, keyPrefix };
}

function result(
  remainingPoints: number,
  consumedPoints: number,
  isFirstInDuration = false,
): object {
  return { remainingPoints, consumedPoints, isFirstInDuration };
}
