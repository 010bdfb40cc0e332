// A reader that stands takes so many messages and bytes and no more; what does not fit is counted, by each of the
// three answers, and nobody else waits.

import { test } from 'tap';
import { proceed, settles, stop } from '../fixtures/faults.js';
import { startHubs } from '../fixtures/hub.js';

const COUNT = 2_000;
const QUEUED = 100;

test('drop-oldest, drop-newest, reject', async (t) => {
  const program = await startHubs(t, 3);
  await program.worker(2, () => record('n'));
  await program.worker(3, () => record('n'));
  await program.worker(1, () => hub.ready());
  // What came last of the one before stays in the list.
  let known = 0;
  for (const overflow of ['drop-oldest', 'drop-newest', 'reject'] as const) {
    await stop(program.pids[1] as number);
    const outcome = await program.worker(
      1,
      async ({ delay }, options, count) => {
        hub.configure(options);
        const before = hub.stats();
        const failures: string[] = [];
        let worst = 0;
        for (let n = 0; n < count; n++) {
          hub
            .sendTo(1, 'n', n, Buffer.alloc(2_000))
            .catch((error) => failures.push((error as { code: string }).code));
          if (await hub.sendTo(2, 'n', n)) worst = n;
        }
        hub.emit('n', 'emitted');
        await delay(1);
        const { dropped, queued, queuedBytes } = hub.stats();
        return {
          dropped: dropped - before.dropped,
          queued,
          queuedBytes,
          worst,
          failures: failures.length,
          codes: [...new Set(failures)],
        };
      },
      { overflow, maxQueued: QUEUED } as const,
      COUNT,
    );
    t.equal(outcome.worst, COUNT - 1, `${overflow}: the other one got all of it meanwhile`);
    t.ok(outcome.dropped > COUNT / 2, `${outcome.dropped} are dropped`);
    // In its queue, and what its socket was given.
    t.ok(
      outcome.queued >= QUEUED && outcome.queued <= QUEUED + (64 * 1024) / 2_000,
      `${outcome.queued}`,
    );
    t.ok(outcome.queuedBytes < (QUEUED + 40) * 2_100, `${outcome.queuedBytes} bytes`);
    if (overflow === 'reject') {
      t.equal(outcome.failures, outcome.dropped - 1, 'each promise says so, emit() counts');
      t.strictSame(outcome.codes, ['ERR_RONDO_HUB_OVERFLOW']);
    } else {
      t.equal(outcome.failures, 0);
    }
    proceed(program.pids[1] as number);
    const kept = COUNT + 1 - outcome.dropped;
    const numbers = await program.worker(
      2,
      async (_scope, count) => (await untilGot(count)).map(({ args }) => args[0]),
      known + kept,
    );
    const own = numbers.slice(known) as number[];
    known += kept;
    t.equal(own.length, kept, 'nothing else is lost');
    t.equal(own[0], 0);
    t.equal(own.at(-1) === ('emitted' as unknown), overflow === 'drop-oldest', 'the end, or not');
    await settles(t, () => program.worker(1, () => hub.stats()), { queued: 0, queuedBytes: 0 });
  }
});

test('bytes are a limit, too', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, () => record('n'));
  await stop(program.pids[1] as number);
  const stats = await program.worker(1, async () => {
    hub.configure({ maxMessageBytes: 100_000, maxQueuedBytes: 300_000 });
    await hub.ready();
    for (let n = 0; n < 100; n++) hub.emit('n', Buffer.alloc(50_000));
    return hub.stats();
  });
  t.ok(stats.queuedBytes <= 300_000 + 2 * 65_536, `${stats.queuedBytes}`);
  t.equal(stats.sent + stats.queued + stats.dropped, 100);
  proceed(program.pids[1] as number);
});

test('a reader that is killed takes its queue along', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, () => record('n'));
  await stop(program.pids[1] as number);
  const dropped = await program.worker(1, async ({ delay }) => {
    await hub.ready();
    const { pid } = hub.members().find(({ seat }) => seat === 1) ?? { pid: 0 };
    const all = Array.from({ length: 1_000 }, () => hub.sendTo(1, 'n', Buffer.alloc(2_000)));
    while (hub.stats().links === 0) await delay(1);
    process.kill(pid, 'SIGKILL');
    const results = await Promise.all(all);
    return [results.filter((isSent) => !isSent).length, hub.stats()] as const;
  });
  t.ok(dropped[0] > 0, `${dropped[0]} are false`);
  t.match(dropped[1], { dropped: dropped[0], queued: 0, queuedBytes: 0 });
});
