// A worker is ready when something in it listens, seen by node:cluster or not, or when its program has been
// loaded, as readyWhen has it. One that listens nowhere and is to listen fails with a hint.

import { test } from 'tap';
import { fixture } from '../fixtures/harness.js';
import { openSupervisor } from '../fixtures/supervisor.js';

const exec = fixture('supervisor-raw.mjs');

test('something listens of which node:cluster does not tell', async (t) => {
  const supervised = await openSupervisor(t, { exec, args: ['started', 'listening'], workers: 1 });
  await supervised.call('start');
  const place = { address: '127.0.0.1', port: 8125, addressType: 'udp4' };
  t.match(supervised.seen('worker:ready'), [{ listening: [place] }]);
});

test("readyWhen: 'started'", async (t) => {
  const options = { exec, args: ['started'], readyWhen: 'started' as const, workers: 1 };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  t.match(supervised.seen('worker:ready'), [{ listening: [] }]);
});

for (const [readyWhen, why] of [
  ['listening', /nothing in it listens; see --ready-when message\|listening\|started/],
  ['message', /did not send the message 'ready'; see --ready-when message\|listening\|started/],
] as const) {
  test(`readyWhen: '${readyWhen}' of one that listens nowhere`, async (t) => {
    const options = { exec, args: ['started'], readyWhen, startTimeoutMs: 400, maxRestarts: 0 };
    const supervised = await openSupervisor(t, { ...options, workers: 1 });
    const error = await supervised.call('start').catch((error) => error);
    t.match(error, { code: 'ERR_RONDO_START_FAILED', message: why, lastOutput: why, seat: 0 });
  });
}
