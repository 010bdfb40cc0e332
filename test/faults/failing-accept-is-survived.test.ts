// Whatever accept(2) says that passes by itself, the listener outlives it: the error is counted by its
// code and reported, and the clients are served. Only EINTR is no error at all.

import { test } from 'tap';
import { buildShim, type Errno, withShim } from '../fixtures/fail-syscalls.js';
import { settles, startPrimary, tally, until } from '../fixtures/faults.js';
import { read } from '../fixtures/harness.js';

const TIMES = 3;
const CLIENTS = 8;

const ERRORS: Errno[] = ['ECONNABORTED', 'EPROTO', 'ENFILE', 'EMFILE', 'ENOBUFS', 'ENOMEM'];

test('accept4', withShim, async (t) => {
  const shim = buildShim(t);
  const spawn = { env: shim.env };
  const primary = await startPrimary(t, { dispatcher: { transport: 'native' }, spawn });
  const { port, workers } = primary;
  const counted: Record<string, number> = {};
  const serveThrough = async (errno: Errno, times: number): Promise<void> => {
    shim.fail('accept4', errno, times);
    const lines = await Promise.all(Array.from({ length: CLIENTS }, () => read(port)));
    t.strictSame(tally(lines), { [`${workers[0]}\n`]: CLIENTS }, `${errno}: all are served`);
    t.equal(shim.remaining('accept4'), 0, `${errno}: it did fail`);
    const acceptErrors = (await primary.stats()).listeners[0]?.acceptErrors;
    t.strictSame(acceptErrors, counted, `${errno}: counted`);
  };
  for (const errno of ERRORS) {
    counted[errno] = TIMES;
    await serveThrough(errno, TIMES);
  }
  await serveThrough('EINTR', TIMES);

  // Of each second only the first is reported.
  t.match(await primary.event('accept:error'), { code: 'ECONNABORTED' });
  t.equal(primary.count('listener:error'), 0);
  await settles(t, () => primary.stats(), {
    accepted: CLIENTS * (ERRORS.length + 1),
    listeners: [{ closed: 0 }],
  });
});

test('a listener that is no longer usable is closed and reported', withShim, async (t) => {
  const shim = buildShim(t);
  const spawn = { env: shim.env };
  const primary = await startPrimary(t, { dispatcher: { transport: 'native' }, spawn });
  t.equal(await read(primary.port), `${primary.workers[0]}\n`);
  shim.fail('accept4', 'EINVAL', 1);
  await read(primary.port).catch(() => {});
  t.match(await primary.event('listener:error'), { code: 'EINVAL' });
  await until('it is gone', async () => (await primary.stats()).listeners.length === 0);
  await t.rejects(read(primary.port), { code: 'ECONNREFUSED' });
});
