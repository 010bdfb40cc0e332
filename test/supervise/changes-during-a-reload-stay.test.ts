// What is configured while a reload goes on stays, however that ends; what cannot be leaves everything as it was; and a
// reload that replaces every worker ends, though a seat that came with it does not start.

import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { openSupervisor } from '../fixtures/supervisor.js';

const options = { minUptimeMs: 50, workers: 1 };

for (const outcome of ['end', 'failed'] as const) {
  test(`reload:${outcome}`, nativeOnly, async (t) => {
    const supervised = await openSupervisor(t, options);
    await supervised.call('start');
    const bad = { env: { APP_FAILS: 'by-never-listening' }, startTimeoutMs: 500 };
    const release = outcome === 'end' ? {} : bad;
    const reload = supervised.call('reload', { window: 4, policy: 'random', ...release });
    const over = reload.catch(() => {});
    await supervised.until('reload:begin');
    t.equal((await supervised.stats()).dispatcher?.window, 4, 'that of the reload, at once');
    await supervised.call('configure', { window: 9 });
    await over;
    t.equal(supervised.seen(`reload:${outcome}`).length, 1);
    const policy = outcome === 'end' ? 'random' : 'round-robin';
    t.match((await supervised.stats()).dispatcher, { window: 9, listeners: [{ policy }] });
    await supervised.call('stop');
  });
}

test('what this transport cannot do', async (t) => {
  const supervised = await openSupervisor(t, { ...options, transport: 'ipc' });
  await supervised.call('start');
  await t.rejects(supervised.call('configure', { rebalance: 'always' }));
  await supervised.call('configure', { window: 3 });
  t.equal((await supervised.stats()).dispatcher?.window, 3);
  await supervised.call('reload');
  await supervised.call('stop');
});

test('a seat that comes with it and does not start', async (t) => {
  const failing = { ...options, maxRestarts: 0, retryStoppedMs: 0 };
  const supervised = await openSupervisor(t, failing, {
    APP_FAILS_SEAT: '1',
    APP_FAILS_AFTER_MS: '1',
  });
  await supervised.call('start');
  const [before] = await supervised.readyPids();
  const error = await supervised.call('reload', { workers: 2 }).catch((error) => error);
  t.match(error, { code: 'ERR_RONDO_START_FAILED' });
  t.equal(supervised.seen('reload:end').length, 1, 'it is over');
  const after = await supervised.readyPids();
  t.equal(after.length, 1);
  t.not(after[0], before);
  await supervised.call('stop');
});
