// With the preload it is rondo that deals, by its counters: they add up to what was served, and both
// workers have served. Without it there is nothing of rondo in the process.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { plainNode, preloaded, settledStats, startProgram, total } from '../fixtures/cluster.js';
import { tally } from '../fixtures/faults.js';
import { read } from '../fixtures/harness.js';

const VISITS = 40;

test('with the preload', preloaded.options, async (t) => {
  const program = await startProgram(t, preloaded);
  t.equal((await program.stats()).transport, 'native');
  for (const id of [1, 2]) await program.worker(id, ({ listen }) => listen(0, '127.0.0.1'));
  const { port } = await program.worker(1, ({ server }) => server.address() as AddressInfo);
  const lines: string[] = [];
  for (let i = 0; i < VISITS; i++) lines.push(await read(port));
  const served = tally(lines.map((line) => line.trim()));
  const stats = await settledStats(program);
  t.equal(stats.accepted, VISITS);
  t.equal(total(stats, 'received'), VISITS);
  const counted = Object.fromEntries(stats.slots.map(({ pid, received }) => [pid, received]));
  t.strictSame(counted, served, 'each slot has what its process has served');
  t.strictSame(Object.keys(served).map(Number).sort(), program.pids.toSorted());
});

test('the preload by NODE_OPTIONS', preloaded.options, async (t) => {
  const [, register] = preloaded.nodeArgs;
  const program = await startProgram(t, plainNode, {
    processEnv: { NODE_OPTIONS: `--import=${register}` },
  });
  const where = [0, '127.0.0.1'] as const;
  const address = await program.worker(1, ({ listen }, ...rest) => listen(...rest), ...where);
  await program.worker(2, ({ listen }, ...rest) => listen(...rest), ...where);
  for (let i = 0; i < 6; i++) await read((address as AddressInfo).port);
  const stats = await settledStats(program);
  t.equal(total(stats, 'received'), 6);
  t.ok(stats.slots.every(({ received }) => received > 0));
});

test('without', async (t) => {
  const program = await startProgram(t, plainNode);
  t.equal(await program.primary(({ stats }) => stats()), null);
});
