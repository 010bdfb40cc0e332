// Ten rolling reloads of four workers under clients that POST on keep-alive connections, wait for a random time, and try
// nothing twice: no connection is closed and no request fails. So too when workers are replaced one by one, and when
// they become fewer.

import { type Test, test } from 'tap';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { type PostedLoad, startPostedLoad } from '../fixtures/posted-load.js';
import { nothingIsLeft, openSupervisor, type Supervised } from '../fixtures/supervisor.js';

const RELOADS = 10;

async function nobodyFailed(t: Test, load: PostedLoad, workers: number): Promise<void> {
  const { failures, served } = await load.stop();
  const requests = [...served.values()].reduce((sum, count) => sum + count, 0);
  t.comment(`${requests} requests by ${served.size} workers`);
  t.strictSame(failures, []);
  t.ok(served.size >= workers, 'many have served');
}

async function open(t: Test, options: object): Promise<Supervised> {
  const exec = fixture('posted-app.mjs');
  const supervised = await openSupervisor(t, { exec, minUptimeMs: 50, ...options });
  await supervised.call('start');
  return supervised;
}

for (const [rebalance, reloads] of [
  ['auto', RELOADS],
  ['always', 3],
  ['off', 3],
] as const) {
  test(`${reloads} reloads, rebalance: ${rebalance}`, nativeOnly, async (t) => {
    const supervised = await open(t, { workers: 4, parallel: 2, rebalance });
    const fds = supervised.fds();
    const load = await startPostedLoad(supervised.port());
    for (let i = 0; i < reloads; i++) await supervised.call('reload');
    await nobodyFailed(t, load, 4 * reloads);
    await nothingIsLeft(t, supervised, fds);
  });
}

test('one seat after the other, and fewer', nativeOnly, async (t) => {
  const supervised = await open(t, { workers: 3 });
  const fds = supervised.fds();
  const load = await startPostedLoad(supervised.port());
  for (const seat of [0, 1, 2]) await supervised.call('restart', seat);
  await supervised.call('drain', 0);
  await supervised.call('restart', 0);
  await supervised.call('scale', 1);
  await supervised.call('scale', 3);
  await nobodyFailed(t, load, 7);
  await nothingIsLeft(t, supervised, fds);
});

test('an uncaught error of one', nativeOnly, async (t) => {
  const supervised = await open(t, { workers: 2, guard: true });
  const load = await startPostedLoad(supervised.port());
  const [pid] = await supervised.readyPids();
  process.kill(pid as number, 'SIGUSR1');
  await supervised.until('worker:error');
  await supervised.until('worker:exited');
  await nobodyFailed(t, load, 2);
});
