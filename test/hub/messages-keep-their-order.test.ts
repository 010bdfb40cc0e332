// What one process sends to another comes in that order, by whichever call, over connections that close and
// open meanwhile. Only who listens gets it, and nothing of the time before.

import { test } from 'tap';
import { startHubs } from '../fixtures/hub.js';

const COUNT = 3_000;

test('over many connections', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, () => record('n', 'm'));
  await program.worker(
    1,
    async ({ delay }, count) => {
      hub.configure({ idleMs: 1 });
      await hub.ready();
      for (let n = 0; n < count; n++) {
        if (n % 3 === 0) hub.emit('n', n);
        else if (n % 3 === 1) void hub.sendTo(1, 'm', n);
        else hub.emit('n', n, Buffer.alloc(1_000));
        // Now and then long enough for the connection to be closed.
        if (n % 100 === 0) await delay(4);
      }
    },
    COUNT,
  );
  const numbers = await program.worker(
    2,
    async (_scope, count) => (await untilGot(count)).map(({ args }) => args[0] as number),
    COUNT,
  );
  t.strictSame(
    numbers,
    Array.from({ length: COUNT }, (_, n) => n),
  );
  t.match(await program.worker(1, () => hub.stats()), {
    sent: COUNT,
    dropped: 0,
    queued: 0,
    queuedBytes: 0,
    members: 1,
  });
});

test('only who listens, and from then on', async (t) => {
  const program = await startHubs(t, 3);
  await program.worker(2, () => record('news'));
  await program.worker(3, () => record('other'));
  const received = await program.worker(1, async () => {
    await record('news');
    hub.emit('news', 1);
    const isThere = await hub.sendTo(2, 'news', 'directly');
    return { isThere, ...hub.stats() };
  });
  t.match(received, { isThere: false, received: 0, dropped: 0 }, 'nobody else, and not itself');
  await program.worker(2, () => untilGot(1));
  await program.worker(3, () => record('news'));
  await program.worker(1, () => hub.emit('news', 2));
  t.strictSame(
    await program.worker(3, async () => (await untilGot(1)).map(({ args }) => args)),
    [[2]],
    'nothing old',
  );
  t.strictSame(await program.worker(2, async () => (await untilGot(2)).map(({ args }) => args)), [
    [1],
    [2],
  ]);
  await program.worker(2, async () => {
    hub.removeAllListeners('news');
    await hub.ready();
  });
  t.equal(await program.worker(1, () => hub.sendTo(1, 'news', 3)), false, 'and not any more');
});

test('what is sent before it has joined', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, () => record('early'));
  const outcome = await program.worker(1, async () => {
    hub.emit('early', 1);
    const sent = hub.sendTo(1, 'early', 2);
    hub.emit('early', 3);
    return [hub.stats().queued, await sent, hub.stats().queued];
  });
  t.strictSame(outcome, [3, true, 0]);
  t.strictSame(
    await program.worker(2, async () => (await untilGot(3)).map(({ args }) => args[0])),
    [1, 2, 3],
  );
});
