// The process that takes a core beside a cell does so as it was told, and ends with the runner, by Ctrl-C too, and by
// itself.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { start } from '../fixtures/bench-program.js';
import { underLoad } from '../fixtures/loadgen.js';

const HOG = fileURLToPath(new URL('../../bench/hog.mjs', import.meta.url));
const RUN = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));
const VARIANT = 'cores one busy, 2 workers';

const { cpuSeconds } = await import(new URL('../../bench/lib/proc.mjs', import.meta.url).href);

function startHog(...args: Array<string | number>) {
  const child = spawn(process.execPath, [HOG, ...args.map(String)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return { child, pid: child.pid ?? 0, exited: once(child, 'exit') };
}

test('it ends by itself', async (t) => {
  for (const idleMs of [0, 50]) {
    const { exited } = startHog(1, 50, idleMs);
    t.same(await exited, [0, null]);
  }
});

test('it ends with who started it', async (t) => {
  const { child, exited } = startHog(60, 'Infinity', 0);
  await once(child, 'message');
  child.disconnect();
  t.same(await exited, [0, null]);
});

test('it is busy, all the time or with pauses', async (t) => {
  const hogs = [startHog(60, 'Infinity', 0), startHog(60, 50, 450)];
  for (const { child } of hogs) t.teardown(() => child.kill());
  await Promise.all(hogs.map(({ child }) => once(child, 'message')));
  const before = hogs.map(({ pid }) => cpuSeconds([pid]));
  await delay(2_000);
  const [always = 0, seldom = 0] = hogs.map(({ pid }, index) => cpuSeconds([pid]) - before[index]);
  t.ok(always > 0.4, `${always} s of CPU time in 2 s`);
  t.ok(seldom > 0 && seldom < 0.5, `${seldom} s of CPU time in 2 s, of 0.2 s that were asked for`);
  for (const { child } of hogs) child.disconnect();
});

test('Ctrl-C while it runs', underLoad, async (t) => {
  const args = ['--scenario=burst', '--contestant=cluster-rr', '--variant', VARIANT];
  const { child, ended, isClean, running } = start(t, RUN, args);
  while (!running().some(isHog)) await delay(5);
  child.kill('SIGINT');
  await ended;
  t.equal(child.exitCode, 130, 'it ends the run');
  t.ok(await isClean(), 'nothing is left');
});

function isHog(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('hog.mjs');
  } catch {
    return false;
  }
}
