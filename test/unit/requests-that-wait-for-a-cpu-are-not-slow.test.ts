// `rebalance: 'auto'` where there are more workers than CPUs: what a request waits for is a CPU, and not the worker, so
// another worker would not serve it sooner.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { test } from 'tap';
import { fixture } from '../fixtures/harness.js';

const OTHERS = 3;
/** All on one CPU, the first that this process may have. */
const onOneCpu = (...args: string[]) => ['-c', firstCpu(), process.execPath, ...args];
const SPIN = `const end = Date.now() + 15_000; process.send?.('spins'); while (Date.now() < end);`;

const isLinux = process.platform === 'linux';

test('beside others on the same CPU', { skip: !isLinux && 'taskset' }, async (t) => {
  const others = Array.from({ length: OTHERS }, () => startOther());
  t.teardown(() => Promise.all(others.map(end)));
  await Promise.all(others.map((other) => once(other, 'message')));
  const { stdout } = await promisify(execFile)('taskset', onOneCpu(fixture('pacing.mjs'), '6'));
  t.strictSame(JSON.parse(stdout), { isSlow: false });
});

function firstCpu(): string {
  const status = readFileSync('/proc/self/status', 'latin1');
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(status)?.[1] ?? '0';
}

function startOther(): ChildProcess {
  return spawn('taskset', onOneCpu('-e', SPIN), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
