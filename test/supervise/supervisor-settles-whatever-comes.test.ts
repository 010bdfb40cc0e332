// Whatever is called meanwhile, and whatever a listener does: each call settles, nothing is started after
// stop(), the state goes on, and a failure is an exit code.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Test, test } from 'tap';
import { isAlive } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';
import { APP, openSupervisor, type Supervised } from '../fixtures/supervisor.js';

const stopped = { code: 'ERR_RONDO_SUPERVISOR_STATE' };

/** That nothing has started since `stop()` was called, and all has ended. */
function nothingStarted(t: Test, supervised: Supervised): void {
  const names = supervised.events.map(({ event }) => event);
  const after = names.slice(names.indexOf('stopping'));
  t.notOk(after.includes('worker:starting'), 'nothing is started any more');
  t.notOk([...supervised.pids].some(isAlive));
}

test('stop() while a reload begins that makes them more', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1, minUptimeMs: 0 });
  await supervised.call('start');
  const reload = supervised.call('reload', { workers: 8 });
  reload.catch(() => {});
  await supervised.until('worker:draining');
  await supervised.call('stop');
  await reload.catch((error) => t.match(error, stopped));
  nothingStarted(t, supervised);
});

test('scale() and stop()', async (t) => {
  const env = { APP_FAILS_AFTER_MS: '100000', APP_FAILS_SEAT: '1' };
  const supervised = await openSupervisor(t, { workers: 1 }, env);
  await supervised.call('start');
  const scale = supervised.call('scale', 2);
  scale.catch(() => {});
  await supervised.until('worker:starting', 2);
  await supervised.call('stop');
  await t.rejects(scale, stopped);
  nothingStarted(t, supervised);
});

test('start() and stop() while the agent waits', async (t) => {
  const options = { agent: APP, backoffMinMs: 60_000, backoffMaxMs: 60_000 };
  const supervised = await openSupervisor(t, options, { APP_FAILS: 'silently' });
  const start = supervised.call('start');
  start.catch(() => {});
  await supervised.until('agent:exited', 2);
  await supervised.call('stop');
  await t.rejects(start, stopped);
  nothingStarted(t, supervised);
});

test('start() that is aborted, and disposal', async (t) => {
  const env = { APP_FAILS: 'by-never-listening', APP_READY_AFTER_MS: '100000' };
  const supervised = await openSupervisor(t, {}, env);
  await t.rejects(supervised.call('startFor', 300), { message: /timeout/ });
  t.match(await supervised.stats(), { state: 'stopped' });
  nothingStarted(t, supervised);

  const other = await openSupervisor(t);
  await other.call('start');
  await other.call('dispose');
  t.match(await other.stats(), { state: 'stopped' });
});

for (const event of ['worker:exited', 'worker:ready', 'worker:draining', 'stopping']) {
  test(`a listener of '${event}' that throws`, async (t) => {
    const options = { workers: 2, minUptimeMs: 50 };
    const supervised = await openSupervisor(t, options, { SUPERVISOR_THROWS: event });
    await supervised.call('start');
    const [pid = 0] = await supervised.readyPids();
    process.kill(pid, 'SIGKILL');
    await supervised.until('worker:starting', 3);
    await supervised.call('reload');
    t.equal((await supervised.readyPids()).length, 2, 'the workers are there');
    await supervised.call('stop');
    const thrown = supervised.seen<string>('uncaught');
    t.ok(thrown.length > 0 && thrown.every((message) => message === 'of a listener'));
    nothingStarted(t, supervised);
  });
}

test('no process can be started for a while', async (t) => {
  const agent = fixture('supervisor-agent.mjs');
  const supervised = await openSupervisor(t, { workers: 1, agent, backoffMinMs: 20 });
  await supervised.call('start');
  await supervised.call('bloat', true);
  process.kill((await supervised.stats()).agent?.pid as number, 'SIGKILL');
  await supervised.until('agent:exited');
  const [pid = 0] = await supervised.readyPids();
  process.kill(pid, 'SIGKILL');
  await supervised.until('seat:waiting');
  await supervised.call('bloat', false);
  await supervised.until('agent:ready', 2);
  await supervised.until('worker:ready', 2);
  t.match(await supervised.stats(), { state: 'running' });
});

test('a signal to the whole group', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2 });
  await supervised.call('start');
  const pids = await supervised.readyPids();
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  await supervised.until('worker:draining');
  await supervised.call('stop');
  t.equal(supervised.seen('worker:starting').length, 2);
  nothingStarted(t, supervised);
});

test('a program with a Supervisor that fails has an exit code', async (t) => {
  const program = `import { Supervisor } from 'rondo';
    const supervisor = new Supervisor({
      exec: process.argv[1], execArgv: [], workers: 1, maxRestarts: 0,
    });
    supervisor.start().catch((error) => console.log(error.code));`;
  const args = ['--input-type=module', '-e', program, APP];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, APP_FAILS: 'silently' },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  t.equal(output, 'ERR_RONDO_START_FAILED\n');
  t.equal(code, 1);
});
