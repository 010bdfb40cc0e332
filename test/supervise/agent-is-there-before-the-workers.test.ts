// The agent runs once, is ready before any worker starts, hears of workers that come and go, is started anew
// when it dies, and ends last. If it cannot be had, nothing starts.

import { test } from 'tap';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';
import { openSupervisor } from '../fixtures/supervisor.js';

const options = { agent: fixture('supervisor-agent.mjs'), workers: 2 };

test('its life', async (t) => {
  const supervised = await openSupervisor(t, options, { AGENT_READY_AFTER_MS: '200' });
  await supervised.call('start');
  const events = supervised.events.map(({ event }) => event);
  t.ok(events.indexOf('agent:ready') < events.indexOf('worker:starting'), 'it is first');
  const [pid] = supervised.seen<number>('agent:ready');
  t.match((await supervised.stats()).agent, { pid, isReady: true });
  await until(
    'it has heard',
    () => /worker 1 ready/.test(supervised.stderr()) && /worker 0 ready/.test(supervised.stderr()),
  );
  t.match(supervised.stderr(), 'agent told: rondo:worker 0 starting');

  process.kill(pid as number, 'SIGKILL');
  await supervised.until('agent:ready', 2);
  t.equal(supervised.seen('worker:exited').length, 0, 'the workers go on');
  t.strictSame(supervised.events.find(({ event }) => event === 'agent:exited')?.args, [
    null,
    'SIGKILL',
  ]);
  const second = supervised.seen<number>('agent:ready')[1] as number;
  await supervised.call('stop');
  t.notOk(isAlive(second));
  const last = supervised.events.map(({ event }) => event);
  t.ok(last.lastIndexOf('agent:exited') > last.lastIndexOf('worker:exited'), 'it is last');
});

test('one that cannot be had', async (t) => {
  const failing = { ...options, maxRestarts: 2, backoffMinMs: 10 };
  const supervised = await openSupervisor(t, failing, { AGENT_FAILS: 'at-start' });
  const error = await supervised.call('start').catch((error) => error);
  t.equal(error.code, 'ERR_RONDO_START_FAILED');
  t.match(error.message, /agent.*supervisor-agent\.mjs.*ended with code 9/);
  t.equal(supervised.seen('agent:exited').length, 3);
  t.equal(supervised.seen('worker:starting').length, 0);
  t.equal((await supervised.stats()).state, 'failed');
});

test('one that is never ready', async (t) => {
  const late = { ...options, maxRestarts: 0, startTimeoutMs: 200 };
  const supervised = await openSupervisor(t, late, { AGENT_READY_AFTER_MS: '60000' });
  await t.rejects(supervised.call('start'), {
    code: 'ERR_RONDO_START_FAILED',
    message: /it was not ready within 200 ms$/,
  });
});

test('one that is never ready, again and again', async (t) => {
  // Each attempt takes longer than a worker has to serve to be well, and than the window.
  const limits = { maxRestarts: 2, minUptimeMs: 50, restartWindowMs: 100, backoffMinMs: 1 };
  const late = { ...options, ...limits, startTimeoutMs: 200 };
  const supervised = await openSupervisor(t, late, { AGENT_READY_AFTER_MS: '60000' });
  await t.rejects(supervised.call('start'), { code: 'ERR_RONDO_START_FAILED' });
  t.equal(supervised.seen('agent:exited').length, 3);
});

test('what is asked for before it is ready waits', async (t) => {
  const supervised = await openSupervisor(t, options, { AGENT_READY_AFTER_MS: '500' });
  const started = supervised.call('start');
  const rejected = { code: 'ERR_RONDO_SUPERVISOR_STATE', message: /agent/ };
  await t.rejects(supervised.call('restart', 0), rejected, 'there is no seat');
  const scaled = supervised.call('scale', 3);
  const reloaded = supervised.call('reload');
  await Promise.all([started, scaled, reloaded]);
  const events = supervised.events.map(({ event }) => event);
  t.ok(events.indexOf('agent:ready') < events.indexOf('worker:starting'), 'it is first');
  t.ok(events.indexOf('agent:ready') < events.indexOf('reload:begin'));
  t.equal((await supervised.readyPids()).length, 3);
  await supervised.call('stop');
});

test('unhealthy', async (t) => {
  const checked = { ...options, healthCheckMs: 50, maxRestarts: 0 };
  const supervised = await openSupervisor(t, checked);
  await supervised.call('start');
  t.equal(supervised.seen('unhealthy').length, 0);
  process.kill(supervised.seen<number>('agent:ready')[0] as number, 'SIGKILL');
  await supervised.until('unhealthy');
  t.match(supervised.seen<Error>('agent:stopped'), [
    { message: /failed: it was ended by SIGKILL$/ },
  ]);
  t.match(supervised.seen<object>('unhealthy'), [{ agent: false, ready: 2, workers: 2 }]);
});

test('it does not outlive the Supervisor', async (t) => {
  const supervised = await openSupervisor(t, options, { AGENT_LIVES_ON: '1' });
  await supervised.call('start');
  const [pid = 0] = supervised.seen<number>('agent:ready');
  supervised.child.kill('SIGKILL');
  await until('it is gone', () => !isAlive(pid), 5_000);
});
