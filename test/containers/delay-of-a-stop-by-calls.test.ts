// What an embedding program sees of the delay of a stop: the state, wrong calls that change nothing, a second call
// that ends it sooner and never later, and ends that need no delay.

import { test } from 'tap';
import { openSupervisor } from '../fixtures/supervisor.js';

const LONG_MS = 60_000;

test('by calls', async (t) => {
  const supervisor = await openSupervisor(t, { workers: 1, stopDelayMs: LONG_MS });
  await supervisor.call('start');
  await t.rejects(supervisor.call('stop', 'SIGTERM', { delayMs: -1 }), { message: /'delayMs'/ });
  await t.rejects(supervisor.call('stop', 'SIGHUP'), { message: /'signal' must be one of/ });
  await t.rejects(supervisor.call('stop', 'SIGTERM', { ms: 1 }), {
    code: 'ERR_RONDO_UNKNOWN_OPTION',
  });
  t.equal((await supervisor.stats()).state, 'running', 'nothing has come of that');

  const stopped = supervisor.call('stop');
  await supervisor.until('leaving');
  t.strictSame(supervisor.seen('leaving'), [LONG_MS]);
  t.equal((await supervisor.stats()).state, 'leaving');
  const later = supervisor.call('stop', 'SIGTERM', { delayMs: 2 * LONG_MS });
  await supervisor.call('stop', 'SIGTERM', { delayMs: 0 });
  await Promise.all([stopped, later]);
  t.strictSame(
    supervisor.events.map(({ event }) => event).filter((event) => /^(leav|stop)/.test(event)),
    ['leaving', 'stopping', 'stopped'],
  );
});

test('before it runs there is none, and a kill does not wait', async (t) => {
  const early = await openSupervisor(t, { workers: 1, stopDelayMs: LONG_MS });
  const start = t.rejects(early.call('start'), { code: 'ERR_RONDO_SUPERVISOR_STATE' });
  await early.until('worker:starting');
  await early.call('stop');
  await start;
  t.equal(early.seen('leaving').length, 0);

  const killed = await openSupervisor(t, { workers: 1, stopDelayMs: LONG_MS });
  await killed.call('start');
  const stopped = killed.call('stop');
  await killed.until('leaving');
  await killed.call('kill');
  await stopped;
});

test('a change of the dealing leaves the number of workers', async (t) => {
  const supervisor = await openSupervisor(t, { workers: 'half', maxMemoryMb: '50%' });
  await supervisor.call('start');
  const { seats } = await supervisor.stats();
  t.equal(supervisor.seen('worker:starting').length, seats.length);
  await supervisor.call('configure', { window: 3 });
  await supervisor.call('scale', seats.length + 1);
  await supervisor.call('reload');
  t.equal((await supervisor.readyPids()).length, seats.length + 1, 'as it was said last');
  await supervisor.call('reload', { workers: 'half' });
  t.equal((await supervisor.readyPids()).length, seats.length, 'unless it is said anew');
  await supervisor.call('stop');
});
