// A seat that has no restart left costs no request: what its last worker has in flight is answered, by a worker that a
// signal to the whole group ends, and by one with an uncaught error.

import { test } from 'tap';
import { begin, bodyOf, runCli } from '../fixtures/cluster-cli.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { openSupervisor } from '../fixtures/supervisor.js';

const PROGRAM = fixture('fails-in-flight.mjs');
const NONE_LEFT = ['start', '-w', '1', '--max-restarts', '0', PROGRAM];

test('a signal to the process group', nativeOnly, async (t) => {
  const run = runCli(t, NONE_LEFT);
  const port = await run.listening(1);
  const slow = await begin(port, '/');
  process.kill(run.workers()[0]?.pid as number, 'SIGTERM');
  run.child.kill('SIGTERM');
  t.equal(await bodyOf(slow), 'begun, done');
  t.equal(await run.end, 0, 'it has stopped, as it was told to', { log: run.stderr() });
});

test('an uncaught error', nativeOnly, async (t) => {
  const run = runCli(t, NONE_LEFT);
  const port = await run.listening(1);
  const slow = await begin(port, '/fail');
  t.equal(await bodyOf(slow), 'begun, done');
  t.equal(await run.end, 3, 'every seat has stopped', { log: run.stderr() });
  t.match(run.stderr(), /Every seat has stopped/);
});

test('a second signal does not wait for it', nativeOnly, async (t) => {
  const run = runCli(t, [...NONE_LEFT.slice(0, -1), '--drain-timeout', '600000', PROGRAM]);
  const port = await run.listening(1);
  const slow = await begin(port, '/fail?ms=600000');
  await run.says(/stays away/);
  // One that comes within two seconds of the first is the same.
  const impatient = setInterval(() => run.child.kill('SIGTERM'), 100);
  t.teardown(() => clearInterval(impatient));
  await t.rejects(bodyOf(slow));
  t.equal(await run.end, 3);
});

test('a failed supervisor has stopped when its last worker has', nativeOnly, async (t) => {
  const options = { workers: 1, maxRestarts: 0, guard: true, exec: PROGRAM };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const slow = await begin(supervised.port(), '/fail?ms=600000');
  await supervised.until('seat:stopped');
  const stopped = supervised.call('stop');
  t.equal((await supervised.stats()).state, 'failed');
  t.strictSame(supervised.seen('worker:exited'), [], 'it drains');
  await supervised.call('kill');
  await stopped;
  t.match(supervised.seen('worker:exited'), [{ signal: 'SIGKILL' }], 'before they resolve');
  await t.rejects(bodyOf(slow));
});
