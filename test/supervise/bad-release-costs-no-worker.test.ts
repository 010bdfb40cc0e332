// A release that listens and fails soon after costs no worker that was good, and no request: the old worker
// of a seat serves until its successor is well, what was replaced before is taken back, and the reload says
// which seat failed, and why.

import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { WorkerInfo } from 'rondo';
import { test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { startLoad, underLoad } from '../fixtures/loadgen.js';
import { APP, openSupervisor, type Supervised } from '../fixtures/supervisor.js';

async function versionOf(supervised: Supervised): Promise<string> {
  const headers = { connection: 'close' };
  const response = await fetch(`http://127.0.0.1:${supervised.port()}/`, { headers });
  return ((await response.json()) as { version: string }).version;
}

/** How many workers were ready at the least, from that event on. */
function fewestReady({ events }: Supervised, from: number): number {
  const ready = new Set<number>();
  let fewest = Number.POSITIVE_INFINITY;
  for (const [index, { event, args }] of events.entries()) {
    const { pid } = (args[0] ?? {}) as WorkerInfo;
    if (event === 'worker:ready') ready.add(pid as number);
    if (event === 'worker:draining' || event === 'worker:exited') ready.delete(pid as number);
    if (index >= from) fewest = Math.min(fewest, ready.size);
  }
  return fewest;
}

for (const how of ['throws', 'exits'] as const) {
  for (const parallel of [1, 2]) {
    test(`${how}, ${parallel} at once`, async (t) => {
      const supervised = await openSupervisor(t, { workers: 3, parallel, guard: true });
      await supervised.call('start');
      const old = await supervised.readyPids();
      const from = supervised.events.length;
      const env = { APP_SOON: how, APP_VERSION: '2' };
      const error = await supervised.call('reload', { env }).catch((error) => error);
      t.match(error, {
        code: 'ERR_RONDO_RELOAD_FAILED',
        message: /after it had been ready for \d+ ms\n/,
        lastOutput: /as bad releases do/,
      });
      t.ok(error.seat < parallel, `seat ${error.seat}`);
      t.match(supervised.seen('reload:failed'), [{ seat: error.seat, lastOutput: /as bad/ }]);
      t.strictSame((await supervised.readyPids()).sort(), old.sort(), 'the old ones serve');
      t.equal(fewestReady(supervised, from), 3);
      t.equal(supervised.seen('worker:starting').length, 3 + parallel, 'no further seat is tried');
      t.equal(await versionOf(supervised), '1');
      const { seats, state } = await supervised.stats();
      t.match({ state, seats }, { state: 'running', seats: seats.map(() => ({ failures: 0 })) });
    });
  }
}

for (const [name, limits] of [
  ['found by the hang detection', { hangTimeoutMs: 2_000 }],
  ['without hang detection', { startTimeoutMs: 3_000 }],
] as const) {
  test(`hangs at once, ${name}`, async (t) => {
    const supervised = await openSupervisor(t, { ...limits, minUptimeMs: 300, killTimeoutMs: 500 });
    await supervised.call('start');
    const old = await supervised.readyPids();
    const env = { APP_HANGS_AFTER_MS: '1', APP_VERSION: '2' };
    const error = await supervised.call('reload', { env }).catch((error) => error);
    t.match(error, { seat: 0, message: /\bhung after it had been ready for \d+ ms/ });
    t.strictSame((await supervised.readyPids()).sort(), old.sort(), 'the old ones serve');
    t.equal(await versionOf(supervised), '1');
  });
}

test('under load', underLoad, async (t) => {
  const supervised = await openSupervisor(t, { workers: 3, guard: true });
  await supervised.call('start');
  const load = startLoad('http', { port: supervised.port(), seconds: 50, concurrency: 16 });
  for (let i = 0; i < 3; i++) {
    await t.rejects(supervised.call('reload', { env: { APP_SOON: 'throws' } }));
  }
  load.stop();
  const { ok, failed, failures, refused, hung } = await load.report;
  t.ok(ok > 100, `${ok} answered`);
  const none = { failed: 0, failures: {}, refused: 0, hung: 0 };
  t.strictSame({ failed, failures, refused, hung }, none);
});

test('in the second seat: the first one gets the old program back', async (t) => {
  const options = { workers: 3, minUptimeMs: 600, env: { APP_VERSION: '1' } };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const old = await supervised.readyPids();
  const from = supervised.events.length;
  const env = { APP_SOON: 'exits', APP_SOON_SEAT: '1', APP_VERSION: '2' };
  const error = await supervised.call('reload', { env }).catch((error) => error);
  t.match(error, { seat: 1, message: /back to the old program: worker 0\]/ });
  t.ok(fewestReady(supervised, from) >= 3);
  const now = await supervised.readyPids();
  t.equal(now.length, 3);
  t.strictSame(now.slice(1).sort(), old.slice(1).sort(), 'the others never had another');
  for (let i = 0; i < 9; i++) t.equal(await versionOf(supervised), '1');
});

test('in the second seat, when the old release is gone', async (t) => {
  const releases = ['1', '2'].map((name) =>
    path.join(temporaryDirectory(t), `release-${name}.mjs`),
  );
  for (const file of releases) copyFileSync(APP, file);
  const [first = '', second = ''] = releases;
  const supervised = await openSupervisor(t, { workers: 2, minUptimeMs: 600, exec: first });
  await supervised.call('start');
  rmSync(first);
  const env = { APP_SOON: 'exits', APP_SOON_SEAT: '1', APP_VERSION: '2' };
  const from = supervised.events.length;
  const error = await supervised.call('reload', { exec: second, env }).catch((error) => error);
  t.match(error, { seat: 1, message: /still with the new one: worker 0\]/ });
  t.ok(fewestReady(supervised, from) >= 2);
  await supervised.call('configure', { policy: 'least-connections' });
  t.match((await supervised.stats()).dispatcher, { policy: 'least-connections' });
});

test('a worker that fails meanwhile is followed by one of the old program', async (t) => {
  const options = { workers: 2, minUptimeMs: 5_000, env: { APP_VERSION: '1' } };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const [, other] = await supervised.readyPids();
  const env = { APP_SOON: 'exits', APP_SOON_MS: '3000', APP_SOON_SEAT: '0', APP_VERSION: '2' };
  const reload = supervised.call('reload', { env });
  reload.catch(() => {});
  await supervised.until('worker:ready', 3);
  process.kill(other as number, 'SIGKILL');
  await supervised.until('worker:ready', 4);
  t.match(await reload.catch((error) => error), { seat: 0 });
  for (let i = 0; i < 8; i++) t.equal(await versionOf(supervised), '1');
});
