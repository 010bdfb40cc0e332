// A drain timeout may be as long as a timer can be: what is in flight is answered, and nothing is killed at once.

import { test } from 'tap';
import { begin, bodyOf } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';
import { openSupervisor } from '../fixtures/supervisor.js';

test('the longest', async (t) => {
  const exec = fixture('cluster-app.mjs');
  const options = { exec, workers: 1, drainTimeoutMs: 0x7fff_ffff, killTimeoutMs: 0x7fff_ffff };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const response = await begin(supervised.port(), '/slow');
  await supervised.call('stop');
  t.not(await bodyOf(response), '');
  t.match(supervised.seen('worker:exited'), [{ reason: 'stop', code: 0, signal: null }]);
});
