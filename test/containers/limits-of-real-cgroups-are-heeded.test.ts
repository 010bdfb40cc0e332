// With the kernel's own control groups, where this process may make some: a quota gives the number of workers and is
// read again by a reload, a share of memory is one of the limit, and a worker that the kernel kills for want of
// memory is told from another.

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { placesOf } from '../../src/supervisor/cgroup.js';
import { machine } from '../../src/supervisor/machine.js';
import { ask, type Run, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');

interface Group {
  directory: string;
  version: 1 | 2;
  set(file: string, text: string): void;
  /** A command that goes into it and then becomes what follows. */
  through: string[];
}

/** One within that of this process. Throws where that cannot be. */
function makeGroup(controller: 'cpu' | 'memory', file: Record<1 | 2, string>): Group {
  const [own] = placesOf('/')[controller].filter(({ version, directory }) => {
    return version === 1 || hasController(directory, controller);
  });
  if (own === undefined) throw new Error(`no control group with ${controller} is to be seen`);
  const directory = path.join(own.directory, `rondo-test-${process.pid}`);
  mkdirSync(directory);
  try {
    readFileSync(path.join(directory, file[own.version]));
  } catch (error) {
    rmdirSync(directory);
    throw error;
  }
  return {
    ...own,
    directory,
    set: (name, text) => writeFileSync(path.join(directory, name), text),
    through: ['sh', '-c', `echo $$ > ${directory}/cgroup.procs && exec "$@"`, 'sh'],
  };
}

function hasController(directory: string, controller: string): boolean {
  try {
    const file = path.join(directory, 'cgroup.subtree_control');
    return readFileSync(file, 'utf8').split(/\s/).includes(controller);
  } catch {
    return false;
  }
}

/** Skips the test, by name, where there is none. It is gone with the test. */
function group(t: Test, controller: 'cpu' | 'memory', file: Record<1 | 2, string>): Group | null {
  let made: Group;
  try {
    made = makeGroup(controller, file);
  } catch (error) {
    t.pass(`no control group can be made here: ${(error as Error).message}`, { skip: true });
    return null;
  }
  return made;
}

/** Before what the run itself leaves to be done: teardowns run in the order in which they came. */
function removeAfter(t: Test, { directory }: Group, run: Run): void {
  t.teardown(async () => {
    await run.end;
    await until('the group is empty', () => {
      try {
        rmdirSync(directory);
        return true;
      } catch {
        return false;
      }
    });
  });
}

const QUOTA = { 1: 'cpu.cfs_quota_us', 2: 'cpu.max' } as const;

test('a quota', async (t) => {
  const cpu = group(t, 'cpu', QUOTA);
  if (cpu === null) return;
  const quota = (percent: number): void =>
    cpu.set(QUOTA[cpu.version], `${percent * 1_000}${cpu.version === 2 ? ' 100000' : ''}`);
  const { cores } = machine();
  quota(90);
  const run = runCli(t, ['start', APP, '--min-uptime', '50'], {}, { through: cpu.through });
  removeAfter(t, cpu, run);
  await run.says(/^rondo: .* 1 worker \(\d+ cores?, cgroup quota 0\.9\)$/m);
  await run.listening(1);
  quota((cores - 1) * 100 + 50);
  run.child.kill('SIGHUP');
  const workers = `${cores} worker${cores === 1 ? '' : 's'}`;
  await run.says(
    new RegExp(`^rondo: ${workers} \\(${cores} cores?, cgroup quota ${cores - 0.5}\\)$`, 'm'),
  );
  // The one that was replaced is among them.
  await run.listening(1 + cores);
  await run.says(/^rondo: reload: done$/m);

  run.child.kill('SIGTTIN');
  await run.listening(2 + cores);
  run.child.kill('SIGHUP');
  await until('the reload is done', () => run.stderr().match(/reload: done/g)?.length === 2);
  // It says so when the reload is done.
  await run.says(new RegExp(`rondo: ${cores + 1} workers \\(${cores} core`));
  t.pass('what an operator has said stays');
  t.equal(run.workers().length, 2 * cores + 3);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

const LIMIT = { 1: 'memory.limit_in_bytes', 2: 'memory.max' } as const;
const MOST_BYTES = 200 * 2 ** 20;

test('a memory limit', async (t) => {
  const memory = group(t, 'memory', LIMIT);
  if (memory === null) return;
  memory.set(LIMIT[memory.version], String(MOST_BYTES));
  const args = ['start', fixture('hungry-app.mjs'), '-w', '2', '--max-memory', '100%'];
  const run = runCli(t, args, {}, { through: memory.through });
  removeAfter(t, memory, run);
  await run.says(/^rondo: .* 2 workers \(.*\), each replaced above 104 MB$/m);
  const port = await run.listening(2);
  const [other] = run.workers().map(({ pid }) => pid);
  process.kill(other as number, 'SIGKILL');
  await run.says(/ended by SIGKILL after \d+\.\d s \(exit\)/m);
  await run.listening(3);

  const eater = Number(await ask(port, '/eat'));
  const how = new RegExp(
    `^rondo: worker \\d \\(pid ${eater}\\) ended by SIGKILL after .* \\(oom: the kernel`,
    'm',
  );
  await run.says(how);
  await run.listening(4);
  t.ok(await ask(port), 'the others serve on, and another one comes');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});
