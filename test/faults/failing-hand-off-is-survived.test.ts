// Whatever sendmsg(2) says that passes by itself, no connection is lost: it is counted by its code,
// reported if it is a shortage, and the connection goes to that worker or another a moment later. The
// same holds for the board, which goes to a worker as the first of all.

import { test } from 'tap';
import { buildShim, type Errno, withShim } from '../fixtures/fail-syscalls.js';
import { settles, startPrimary, tally } from '../fixtures/faults.js';
import { read } from '../fixtures/harness.js';

const TIMES = 3;
const CLIENTS = 8;

for (const errno of ['ETOOMANYREFS', 'ENOBUFS', 'ENOMEM', 'EAGAIN', 'EINTR'] satisfies Errno[]) {
  test(errno, withShim, async (t) => {
    const shim = buildShim(t);
    shim.fail('sendmsg', errno, TIMES);
    const primary = await startPrimary(t, {
      dispatcher: { transport: 'native' },
      workers: 2,
      spawn: { env: shim.env },
    });
    const { port, workers } = primary;
    t.equal(shim.remaining('sendmsg'), 0, 'the boards came late, and both are ready');

    shim.fail('sendmsg', errno, TIMES);
    const lines = await Promise.all(Array.from({ length: CLIENTS }, () => read(port)));
    t.equal(shim.remaining('sendmsg'), 0, 'it did fail');
    const counts = tally(lines);
    t.equal((counts[`${workers[0]}\n`] ?? 0) + (counts[`${workers[1]}\n`] ?? 0), CLIENTS);
    const isError = errno !== 'EINTR';
    const totals = async (): Promise<object> => {
      const { slots, ...rest } = await primary.stats();
      const errors = slots.reduce((sum, slot) => sum + (slot.handoffErrors[errno] ?? 0), 0);
      return { ...rest, errors, received: slots.reduce((sum, slot) => sum + slot.received, 0) };
    };
    await settles(t, totals, {
      accepted: CLIENTS,
      received: CLIENTS,
      waiting: 0,
      errors: isError ? TIMES : 0,
      listeners: [{ closed: 0 }],
    });
    if (isError && errno !== 'EAGAIN') {
      t.match(await primary.event('handoff:error'), { code: errno });
    } else {
      t.equal(primary.count('handoff:error'), 0);
    }
    t.equal(primary.count('retired'), 0);
  });
}

test('EPIPE: the slot is retired, the others go on', withShim, async (t) => {
  const shim = buildShim(t);
  const primary = await startPrimary(t, {
    dispatcher: { transport: 'native' },
    workers: 2,
    spawn: { env: shim.env },
  });
  shim.fail('sendmsg', 'EPIPE', 1);
  const lines = await Promise.all(Array.from({ length: CLIENTS }, () => read(primary.port)));
  const { slot } = (await primary.event('retired')) as { slot: number };
  t.equal(lines.length, CLIENTS);
  t.strictSame(tally(lines), { [`${primary.workers[1 - slot]}\n`]: CLIENTS });
  await settles(t, async () => (await primary.stats()).slots[slot], {
    state: 'retired',
    handoffErrors: { EPIPE: 1 },
  });
});
