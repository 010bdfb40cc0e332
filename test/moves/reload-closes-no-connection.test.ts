// Ten rolling reloads of four workers under clients that POST on keep-alive connections, wait for a random time, and try
// nothing twice: no connection is closed and no request fails. So too when workers are replaced one by one, and when
// they become fewer.

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';
import { nothingIsLeft, openSupervisor, type Supervised } from '../fixtures/supervisor.js';

const CLIENTS = 64;
const RELOADS = 10;
const LONGEST_PAUSE_MS = 150;

interface Load {
  /** Resolves with why connections have ended, and how many requests there were by each worker. */
  stop(): Promise<{ failures: string[]; served: Map<string, number> }>;
}

async function startLoad(port: number): Promise<Load> {
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => KeepAliveClient.open(port)),
  );
  const failures: string[] = [];
  const served = new Map<string, number>();
  let isOver = false;
  const all = Promise.all(
    clients.map(async (client, index) => {
      for (let i = 0; !isOver; i++) {
        const body = `${index} ${i}`.repeat(20);
        try {
          const [hash, pid = ''] = (await client.post('/', body)).body.toString().split(' ');
          const sha1 = createHash('sha1').update(body).digest('hex');
          if (hash !== sha1) failures.push(`wrong answer: ${hash}`);
          served.set(pid, (served.get(pid) ?? 0) + 1);
        } catch (error) {
          failures.push((error as Error).message);
          return;
        }
        await delay(Math.random() * LONGEST_PAUSE_MS);
      }
    }),
  );
  return {
    async stop() {
      isOver = true;
      await all;
      for (const { ended } of clients) if (ended !== null) failures.push(ended);
      for (const client of clients) client.destroy();
      return { failures, served };
    },
  };
}

async function nobodyFailed(t: Test, load: Load, workers: number): Promise<void> {
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
    const load = await startLoad(supervised.port());
    for (let i = 0; i < reloads; i++) await supervised.call('reload');
    await nobodyFailed(t, load, 4 * reloads);
    await nothingIsLeft(t, supervised, fds);
  });
}

test('one seat after the other, and fewer', nativeOnly, async (t) => {
  const supervised = await open(t, { workers: 3 });
  const fds = supervised.fds();
  const load = await startLoad(supervised.port());
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
  const load = await startLoad(supervised.port());
  const [pid] = await supervised.readyPids();
  process.kill(pid as number, 'SIGUSR1');
  await supervised.until('worker:error');
  await supervised.until('worker:exited');
  await nobodyFailed(t, load, 2);
});
