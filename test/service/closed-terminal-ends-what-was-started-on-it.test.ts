// What was started on a terminal ends, in order, when that closes. Without one, and while the terminal is there,
// SIGHUP reloads. In the background of a terminal the kernel's SIGTTIN and SIGTTOU add and remove no worker.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { ask, begin, bodyOf, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';
import { needsTerminal, onTerminal } from '../fixtures/terminal.js';

const APP = fixture('cluster-app.mjs');

/** On a terminal lines end otherwise, and progress is between them. */
function workersIn(written: string): Array<{ pid: number; port: number }> {
  const text = /rondo: worker \d+ \(pid (\d+)\) ready after \d+ ms, listening on [\d.]+:(\d+)/g;
  return [...written.matchAll(text)].map(([, pid, port]) => ({
    pid: Number(pid),
    port: Number(port),
  }));
}

async function untilReady(written: () => string, count: number): Promise<number> {
  await until(`${count} workers are ready`, () => workersIn(written()).length >= count);
  return workersIn(written())[0]?.port as number;
}

test('it closes', needsTerminal, async (t) => {
  const { run, written, pid } = onTerminal(t, APP, ['-w', '2']);
  const response = await begin(await untilReady(written, 2), '/slow');
  const primary = pid();
  run.child.kill('SIGKILL');
  t.match(JSON.parse(await bodyOf(response)), { pid: Number }, 'what is in flight is answered');
  await until('it ends', () => !isAlive(primary));
  for (const worker of workersIn(written())) t.notOk(isAlive(worker.pid));
});

test('SIGHUP while it is there', needsTerminal, async (t) => {
  const { run, written, pid } = onTerminal(t, APP, ['-w', '1']);
  const port = await untilReady(written, 1);
  process.kill(pid(), 'SIGHUP');
  await until('it has reloaded', () => written().includes('rondo: reload: done'));
  await ask(port);
  process.kill(pid(), 'SIGTERM');
  t.equal(await run.end, 0);
});

test('it closes, and stdin, stdout and stderr are elsewhere', needsTerminal, async (t) => {
  const log = path.join(temporaryDirectory(t), 'log');
  writeFileSync(log, '');
  const script = `"$0" "$@" < /dev/null > ${log} 2>&1 & echo started; wait`;
  const { run, written, pid } = onTerminal(t, APP, ['-w', '1'], {}, ['sh', '-c', script]);
  await until('it is started', () => written().includes('started'));
  await until('it is ready', () => readFileSync(log, 'utf8').includes(' ready after '));
  const primary = pid();
  run.child.kill('SIGKILL');
  await delay(300);
  t.ok(isAlive(primary), 'as by nohup, it goes on');
});

test('a second Ctrl-C', needsTerminal, async (t) => {
  const { run, written } = onTerminal(t, APP, ['-w', '1']);
  const response = await begin(await untilReady(written, 1), '/stuck');
  const { stdin } = run.child;
  stdin?.write('\x03');
  await until('it drains', () => written().includes('drains (stop)'));
  // A person's, and sooner than it would count without a terminal.
  await delay(400);
  stdin?.write('\x03');
  t.equal(await run.end, 130);
  response.destroy();
});

test('in the background', needsTerminal, async (t) => {
  // A shell with job control gives a job that is in the background a group of its own.
  const script = 'set -m; "$0" "$@" & wait';
  const { written, pid } = onTerminal(t, APP, ['-w', '1'], {}, ['sh', '-c', script]);
  await untilReady(written, 1);
  for (const signal of ['SIGTTIN', 'SIGTTOU'] as const) {
    process.kill(pid(), signal);
    await until('it is said', () => written().includes(`${signal} adds and removes no worker`));
  }
  t.equal(workersIn(written()).length, 1);
  t.notMatch(written(), 'worker 1 ');
  const primary = pid();
  process.kill(primary, 'SIGTERM');
  await until('it ends', () => !isAlive(primary));
});
