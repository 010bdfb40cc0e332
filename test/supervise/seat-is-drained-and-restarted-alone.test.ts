// One seat's worker is drained, and stays away until it is asked for; or replaced, and stays if its replacement fails.
// Nobody's request fails, the other seats go on, and nothing is missing.

import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { startLoad, underLoad } from '../fixtures/loadgen.js';
import { APP, nothingIsLeft, openSupervisor, type Supervised } from '../fixtures/supervisor.js';

const QUICK = { minUptimeMs: 50, idleGraceMs: 50 };

/** By seat: its state, and whether it has a ready worker. */
async function seatsOf(supervised: Supervised): Promise<string[]> {
  const { seats } = await supervised.stats();
  return seats.map(({ state, workers }) =>
    workers.some((worker) => worker.state === 'ready') ? `${state}, ready` : state,
  );
}

test('under load', underLoad, async (t) => {
  const supervised = await openSupervisor(t, { workers: 3, ...QUICK });
  await supervised.call('start');
  const fds = supervised.fds();
  const load = startLoad('keep-alive', { port: supervised.port(), seconds: 50, concurrency: 16 });
  for (let i = 0; i < 3; i++) {
    await supervised.call('drain', 1);
    t.strictSame(await seatsOf(supervised), ['running, ready', 'drained', 'running, ready']);
    await supervised.call('restart', 0);
    await supervised.call('restart', 1);
    t.equal((await supervised.readyPids()).length, 3);
  }
  load.stop();
  const { ok, failed, failures, refused, hung } = await load.report;
  t.ok(ok > 100, 'there was load');
  const none = { failed: 0, failures: {}, refused: 0, hung: 0 };
  t.strictSame({ failed, failures, refused, hung }, none);
  await nothingIsLeft(t, supervised, fds);
});

test('what is in flight is answered, and nothing is missing', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, ...QUICK, healthCheckMs: 10 });
  await supervised.call('start');
  const url = `http://127.0.0.1:${supervised.port()}`;
  const [old] = (await supervised.stats()).seats[0]?.workers ?? [];
  const slow = [fetch(`${url}/slow`), fetch(`${url}/slow`)];
  await until('each has one', async () => {
    const { dispatcher } = await supervised.stats();
    return dispatcher?.slots.every(({ received }) => received === 1) === true;
  });
  await supervised.call('drain', 0);
  for (const response of await Promise.all(slow)) t.equal(response.status, 200);
  await supervised.call('drain', 0);
  t.match(
    supervised.seen('worker:exited'),
    [{ seat: 0, pid: old?.pid, reason: 'drain', code: 0 }],
    'twice is as good as once',
  );
  t.match(await supervised.stats(), { isDegraded: false, seats: [{ failures: 0 }, {}] });
  t.strictSame(supervised.seen('degraded'), []);
  const { seat } = (await (await fetch(url)).json()) as { seat: string };
  t.equal(seat, '1');
  await supervised.call('restart', 0);
  t.strictSame(await seatsOf(supervised), ['running, ready', 'running, ready']);
});

test('the last one', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, ...QUICK });
  await supervised.call('start');
  await supervised.call('drain', 1);
  const refused = { code: 'ERR_RONDO_LAST_WORKER', seat: 0, message: /seat 0/ };
  await t.rejects(supervised.call('drain', 0), refused);
  t.strictSame(await seatsOf(supervised), ['running, ready', 'drained']);
  await supervised.call('drain', 0, { force: true });
  t.strictSame(await seatsOf(supervised), ['drained', 'drained']);
  t.match(await supervised.stats(), { state: 'running', isDegraded: false });
  const waiting = fetch(`http://127.0.0.1:${supervised.port()}/`);
  await supervised.call('reload');
  t.strictSame(await seatsOf(supervised), ['running, ready', 'running, ready'], 'by a reload');
  t.equal((await waiting).status, 200, 'who has come meanwhile is served');
  await supervised.call('drain', 1);
  await supervised.call('scale', 1);
  await supervised.call('scale', 2);
  t.strictSame(await seatsOf(supervised), ['running, ready', 'running, ready'], 'and by scaling');
  await supervised.call('drain', 0);
  await supervised.call('stop');
  t.match(await supervised.stats(), { state: 'stopped' }, 'with one that is drained it stops');
});

test('a replacement that fails', async (t) => {
  const directory = temporaryDirectory(t);
  const exec = path.join(directory, 'app.mjs');
  copyFileSync(APP, exec);
  const supervised = await openSupervisor(t, { exec, workers: 2, ...QUICK, maxRestarts: 1 });
  await supervised.call('start');
  const old = await supervised.readyPids();
  await supervised.call('drain', 1);
  writeFileSync(exec, "console.error('the new one is broken'); process.exit(3);");
  const why = { message: /ended with code 3/, lastOutput: /the new one is broken/ };
  const failed = { code: 'ERR_RONDO_RESTART_FAILED', seat: 0, ...why };
  await t.rejects(supervised.call('restart', 0), failed);
  t.strictSame(await supervised.readyPids(), [old[0]], 'the old one serves');
  // The seat that fails is the first or the second; that which was drained is so again.
  const reload = { code: 'ERR_RONDO_RELOAD_FAILED', ...why };
  await t.rejects(supervised.call('reload'), reload);
  t.strictSame(await seatsOf(supervised), ['running, ready', 'drained']);
  await t.rejects(supervised.call('restart', 1), { code: 'ERR_RONDO_RESTART_FAILED', seat: 1 });
  await supervised.until('seat:stopped');
  t.strictSame(
    await seatsOf(supervised),
    ['running, ready', 'stopped'],
    'which is asked for fails',
  );
  copyFileSync(APP, exec);
  await supervised.call('restart', 1);
  t.strictSame(
    await seatsOf(supervised),
    ['running, ready', 'running, ready'],
    'and is tried anew',
  );
  t.match(await supervised.stats(), { isDegraded: false });
});

test('a reload that fails after a drained seat has got a worker', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, ...QUICK });
  await supervised.call('start');
  await supervised.call('drain', 0);
  const env = { APP_FAILS_AFTER_MS: '0', APP_FAILS_SEAT: '1' };
  await t.rejects(supervised.call('reload', { env }), {
    code: 'ERR_RONDO_RELOAD_FAILED',
    seat: 1,
  });
  t.strictSame(await seatsOf(supervised), ['drained', 'running, ready'], 'it has none again');
});

test('misuse', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, ...QUICK });
  await t.rejects(supervised.call('restart', 0), { code: 'ERR_RONDO_SUPERVISOR_STATE' });
  await supervised.call('start');
  for (const seat of [2, -1, 0.5, '0', undefined, null]) {
    const wrong = {
      code: 'ERR_RONDO_INVALID_OPTION',
      message: /'seat' must be an integer from 0 to 1/,
    };
    await t.rejects(supervised.call('restart', seat), wrong);
    await t.rejects(supervised.call('drain', seat), wrong);
  }
  await t.rejects(supervised.call('drain', 0, { force: 1 }), { code: 'ERR_RONDO_INVALID_OPTION' });
  await t.rejects(supervised.call('drain', 0, { now: true }), { code: 'ERR_RONDO_UNKNOWN_OPTION' });
  t.equal((await supervised.readyPids()).length, 2);
  await supervised.call('stop');
  await t.rejects(supervised.call('drain', 0), { code: 'ERR_RONDO_SUPERVISOR_STATE' });
});
