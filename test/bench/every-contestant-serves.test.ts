// Each contestant of the benchmark serves, those that cannot are not asked, and none leaves a process or a
// file behind, whether it ends in peace or by Ctrl-C.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { fixture } from '../fixtures/harness.js';
import { underLoad } from '../fixtures/loadgen.js';

const RUN = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));
const CONTESTANTS = readdirSync(new URL('../../bench/contestants/', import.meta.url))
  .map((file) => path.basename(file, '.mjs'))
  .filter((name) => name !== 'index');
const WITHOUT_WORKERS = ['single', 'noop'];
// One of each kind: workers of somebody else's, programs without Node, a program that becomes a worker.
const INTERRUPTED = ['pm2', 'bare-dispatcher', 'reuseport'];
const MARK = 'RONDO_TEST_RUN';

test('all of them', underLoad, async (t) => {
  const { child, ended, isClean } = start(t, fixture('bench-contestants.mjs'), CONTESTANTS);
  const { stdout, stderr } = await ended;
  t.equal(child.exitCode, 0, 'they start and end', { stderr });
  const results = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.strictSame(
    results.map(({ name }) => name),
    CONTESTANTS,
  );
  for (const { name, fault, primaryPid, workerPids } of results) {
    t.equal(fault, null, `${name}: every reply is right and every worker has served`);
    const count = WITHOUT_WORKERS.includes(name) ? 1 : 3;
    t.equal(new Set([primaryPid, ...workerPids]).size, count, `of ${count} processes`);
  }
  t.ok(await isClean(), 'nothing is left');
});

test('a scenario that is no question for one', underLoad, async (t) => {
  const { child, ended } = start(t, RUN, ['--scenario=busy', '--contestant=noop']);
  const { stdout, stderr } = await ended;
  t.equal(child.exitCode, 0, 'is not void', { stderr });
  t.match(stdout, /^not applicable: noop, \w/m, 'the reason is given');
  t.notMatch(stdout, /^noop/m, 'and no figures');
});

for (const name of INTERRUPTED) {
  test(`Ctrl-C: ${name}`, underLoad, async (t) => {
    const args = ['--scenario=storm', `--contestant=${name}`];
    const { child, ended, isClean, running } = start(t, RUN, args);
    // The runner, the primary and somebody it has started.
    while (running().length < 3) await delay(10);
    child.kill('SIGINT');
    await ended;
    t.equal(child.exitCode, 130, 'it ends the run');
    t.ok(await isClean(), 'nothing is left');
  });
}

/** Starts a program with a temporary directory of its own, and a mark by which its processes are found. */
function start(t: Test, program: string, args: string[]) {
  const mark = randomUUID();
  // Short, for the addresses of sockets in it.
  const temporary = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, TMPDIR: temporary, [MARK]: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => {
    child.kill();
    rmSync(temporary, { recursive: true });
  });
  const running = () => processesWith(`${MARK}=${mark}`);
  /** The kernel needs a moment for those that were killed. */
  const isClean = async () => {
    const deadline = Date.now() + 5_000;
    while (running().length > 0 && Date.now() < deadline) await delay(10);
    const left = [...running(), ...readdirSync(temporary)];
    if (left.length > 0) t.comment(left);
    return left.length === 0;
  };
  return { child, ended: outputOf(child), isClean, running };
}

async function outputOf(child: ChildProcess) {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (text) => {
    output.stdout += text;
  });
  child.stderr?.on('data', (text) => {
    output.stderr += text;
  });
  await once(child, 'close');
  return output;
}

/** The pids of those with this in their environment. */
function processesWith(variable: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(variable);
    } catch {
      return false;
    }
  });
}
