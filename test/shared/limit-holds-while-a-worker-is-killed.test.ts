// A limit is exact over all processes, also while one of them is stopped, or killed and replaced.

import { counter, limiter } from 'rondo/shared';
import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { startSharer, startSharers } from '../fixtures/shared.js';

const ALGORITHMS = ['fixed-window', 'sliding-window', 'token-bucket'] as const;

for (const algorithm of ALGORITHMS) {
  test(
    `${algorithm}: of many takes at once as many as the limit are allowed`,
    nativeOnly,
    async (t) => {
      // So long that nothing comes back meanwhile, and so many that all are at it at once.
      // A token of the bucket comes back in 100 s.
      const limit = algorithm === 'token-bucket' ? 20_000 : 200_000;
      const options = { name: algorithm, limit, windowMs: 2_000_000_000, algorithm };
      const sharers = await startSharers(t, 3);
      const granted = await Promise.all(
        sharers.map(({ call }) => call('take', options, 'ip', 150_000)),
      );
      t.equal(
        granted.reduce<number>((sum, one) => sum + Number(one), 0),
        limit,
      );
      t.match(limiter(options).take('ip'), { ok: false, remaining: 0 });
      t.equal(limiter(options).take('another').remaining, limit - 1);
    },
  );
}

test(
  'a worker that is killed takes nothing with it and leaves nothing held',
  nativeOnly,
  async (t) => {
    const options = { name: 'killed', limit: 20_000_000, windowMs: 2_000_000_000 };
    const sharers = await startSharers(t, 3);
    await Promise.all(sharers.map(({ call }) => call('takeAlways', options, 'ip')));
    const kills = 6;
    for (let kill = 0; kill < kills; kill++) {
      const victim = sharers[kill % 3];
      await victim?.kill();
      const next = await startSharer(t);
      sharers[kill % 3] = next;
      await next.call('takeAlways', options, 'ip');
    }
    for (const sharer of sharers) await sharer.kill();
    const granted = counter('granted').get();
    const taken = options.limit - limiter(options).peek('ip').remaining;
    t.ok(granted > 0, 'some were allowed');
    // Killed between a take and its own count.
    t.ok(taken >= granted && taken <= granted + kills + 3, `${granted} counted, ${taken} taken`);
    t.equal(limiter(options).take('ip').remaining, options.limit - taken - 1, 'it goes on');
  },
);

test('a worker that is stopped keeps nobody waiting', nativeOnly, async (t) => {
  const options = { name: 'stopped', limit: 1_000_000_000, windowMs: 2_000_000_000 };
  const sharer = await startSharer(t);
  await sharer.call('takeAlways', options, 'ip');
  for (let stop = 0; stop < 100; stop++) {
    sharer.child.kill('SIGSTOP');
    for (let i = 0; i < 100; i++) limiter(options).take('ip');
    sharer.child.kill('SIGCONT');
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.ok(limiter(options).take('ip').ok);
});

test('what is given back can be taken by another', nativeOnly, async (t) => {
  const options = { name: 'given back', limit: 3, windowMs: 2_000_000_000 };
  const sharer = await startSharer(t);
  t.equal(await sharer.call('take', options, 'ip', 5), 3);
  t.notOk(limiter(options).take('ip').ok);
  await sharer.call('giveBack', options, 'ip', 2);
  t.equal(limiter(options).take('ip', 2).remaining, 0);
  limiter(options).reset('ip');
  t.equal(await sharer.call('take', options, 'ip', 5), 3);
});
