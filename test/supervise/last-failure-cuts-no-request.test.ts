// A seat that has no restart left costs no request: what its last worker has in flight is answered, by a worker that a
// signal to the whole group ends, and by one with an uncaught error.

import { test } from 'tap';
import { begin, bodyOf, runCli } from '../fixtures/cluster-cli.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

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
  // One that comes within a second of the first is the same.
  const impatient = setInterval(() => run.child.kill('SIGTERM'), 100);
  t.teardown(() => clearInterval(impatient));
  await t.rejects(bodyOf(slow));
  t.equal(await run.end, 3);
});
