// A redis-server that is killed, and one that is stopped: every call of rondo/redis is answered within its time, by
// what `onError` says, each failure is counted and told, and Redis decides again when it is back.

import { type Test, test } from 'tap';
import { type RedisLimiterOptions, redisCounter, redisLimiter } from '../../src/redis/index.js';
import { needsRedis, type RedisServer, startRedis } from './lib/redis-server.js';

const HOUR_MS = 3_600_000;
const OUTAGES = ['killed', 'stopped'] as const;
type Outage = (typeof OUTAGES)[number];

async function begin(server: RedisServer, outage: Outage): Promise<void> {
  if (outage === 'killed') await server.kill();
  else server.child.kill('SIGSTOP');
}

async function end(server: RedisServer, outage: Outage): Promise<void> {
  if (outage === 'killed') await server.again();
  else server.child.kill('SIGCONT');
}

for (const outage of OUTAGES) {
  for (const onError of ['allow', 'deny', 'local'] as const) {
    test(`${outage}: ${onError}`, needsRedis, async (t) => {
      const server = await startRedis(t);
      const codes: string[] = [];
      const limiter = redisLimiter({
        // As long as the server is away its commands wait in the client.
        client: server.client({ maxRetriesPerRequest: null }),
        name: `${outage} ${onError}`,
        limit: 3,
        windowMs: HOUR_MS,
        timeoutMs: 50,
        onError,
        onFailure: (error) => codes.push(error.code),
      });
      await byRedis(limiter);
      await limiter.reset('key');
      const before = limiter.stats();
      await begin(server, outage);

      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => limiter.take('key')));
      const allowed = { allow: 5, deny: 0, local: 3 }[onError];
      t.equal(answers.filter(({ ok }) => ok).length, allowed, `${allowed} of 5 pass`);
      for (const { by, resetMs } of answers) {
        t.equal(by, onError);
        t.ok(resetMs >= 0 && resetMs <= HOUR_MS);
      }
      await limiter.giveBack('key');
      t.equal((await limiter.peek('key')).remaining, { allow: 3, deny: 0, local: 1 }[onError]);
      await limiter.reset('key');
      t.equal((await limiter.peek('key')).remaining, { allow: 3, deny: 0, local: 3 }[onError]);
      const failures = limiter.stats().failures - before.failures;
      t.equal(failures, 9, 'each call has failed');
      t.ok(codes.length >= 9 && codes.every((code) => code === 'ERR_RONDO_REDIS'), 'and was told');

      await end(server, outage);
      await byRedis(limiter);
    });
  }
}

/** Resolves when Redis decides, as soon as the client has found it. */
async function byRedis(limiter: ReturnType<typeof redisLimiter>): Promise<void> {
  while ((await limiter.peek('key')).by !== 'redis') {
    // A call that is refused at once leaves no time for the answers of others.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a counter rejects', needsRedis, async (t) => {
  const server = await startRedis(t);
  const counter = redisCounter({
    client: server.client(),
    name: 'c',
    timeoutMs: 50,
    onFailure() {},
  });
  server.child.kill('SIGSTOP');
  await t.rejects(counter.get(), { code: 'ERR_RONDO_REDIS', message: /not answered for 50 ms/ });
  t.match(counter.stats(), { calls: 1, failures: 1, pending: 1 });
});

test('no more than 1,000 commands wait in the client', needsRedis, async (t) => {
  const server = await startRedis(t);
  const limiter = quickly(server);
  server.child.kill('SIGSTOP');
  const answers = await Promise.all(Array.from({ length: 1_500 }, () => limiter.take('key')));
  t.ok(answers.every(({ by }) => by === 'allow'));
  t.strictSame(limiter.stats(), { calls: 1_500, failures: 1_500, pending: 1_000 });
  server.child.kill('SIGCONT');
  await byRedis(limiter);
  t.equal(limiter.stats().pending, 0);
});

test('the first failure is a warning', needsRedis, async (t) => {
  const server = await startRedis(t);
  const limiter = quickly(server);
  const warnings = warningsOf(t);
  server.child.kill('SIGSTOP');
  await Promise.all([limiter.take('key'), limiter.take('key')]);
  await limiter.take('key');
  t.equal(warnings.length, 1);
  t.match(warnings[0], { code: 'ERR_RONDO_REDIS', message: /^quickly: Redis has not answered/ });
});

test('what onFailure throws is uncaught, and the call is answered', needsRedis, async (t) => {
  const server = await startRedis(t);
  const thrown = new Error('from onFailure');
  const limiter = quickly(server, () => {
    throw thrown;
  });
  const uncaught = new Promise((resolve) =>
    t.capture(process, 'emit', (...args: unknown[]) => {
      if (args[0] !== 'uncaughtException') return false;
      resolve(args[1]);
      return true;
    }),
  );
  server.child.kill('SIGSTOP');
  t.equal((await limiter.take('key')).by, 'allow');
  t.equal(await uncaught, thrown);
});

function quickly(
  server: RedisServer,
  onFailure?: RedisLimiterOptions['onFailure'],
): ReturnType<typeof redisLimiter> {
  const client = server.client({ maxRetriesPerRequest: null });
  const options = { client, name: 'quickly', limit: 1_000_000, windowMs: HOUR_MS, timeoutMs: 50 };
  return redisLimiter(onFailure === undefined ? options : { ...options, onFailure });
}

function warningsOf(t: Test): Error[] {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));
  return warnings;
}
