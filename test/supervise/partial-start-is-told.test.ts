// A start that fails slowly is given up like one that fails at once. Where only some seats start, the others
// serve and are watched meanwhile, what is missing is told, and it is tried again later.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { stop } from '../fixtures/faults.js';
import { nativeOnly } from '../fixtures/harness.js';
import { openSupervisor } from '../fixtures/supervisor.js';

test('a slow crash loop is given up', async (t) => {
  const options = { workers: 2, maxRestarts: 2, restartWindowMs: 300, backoffMinMs: 10 };
  const supervised = await openSupervisor(t, options, { APP_FAILS_AFTER_MS: '400' });
  await t.rejects(supervised.call('start'), { code: 'ERR_RONDO_START_FAILED' });
  t.equal(supervised.seen('worker:starting').length, 2 * (1 + 2));
});

test('one seat of two', async (t) => {
  const options = { workers: 2, maxRestarts: 2, backoffMinMs: 10, minUptimeMs: 200 };
  const file = path.join(temporaryDirectory(t), 'is-there');
  const env = { APP_FAILS_WITHOUT: file, APP_FAILS_SEAT: '1' };
  const supervised = await openSupervisor(t, { ...options, retryStoppedMs: 700 }, env);
  await supervised.call('start');
  t.match(supervised.seen('seat:stopped'), [1]);
  const missing = { missing: [1], ready: 1, workers: 2 };
  t.match(supervised.seen<object>('degraded'), [missing]);
  t.match(await supervised.stats(), { isDegraded: true, state: 'running' });
  await supervised.until('seat:stopped', 2);
  t.equal(supervised.seen('worker:starting').length, 1 + 3 + 1, 'once, and then not for long');
  writeFileSync(file, '');
  await supervised.until('recovered');
  t.match(await supervised.stats(), { isDegraded: false });
  t.equal((await supervised.readyPids()).length, 2);
  t.equal(supervised.seen('degraded').length, 1, 'told once');
});

test('hung ones are found before the start is over', nativeOnly, async (t) => {
  const options = { workers: 2, hangTimeoutMs: 600 };
  const env = { APP_FAILS_AFTER_MS: '100000', APP_FAILS_SEAT: '1' };
  const supervised = await openSupervisor(t, options, env);
  const start = supervised.call('start');
  start.catch(() => {});
  await supervised.until('worker:ready');
  const [pid = 0] = await supervised.readyPids();
  await stop(pid);
  await supervised.until('worker:hung');
  t.match(supervised.seen('worker:hung'), [{ pid }]);
  await supervised.call('kill');
});
