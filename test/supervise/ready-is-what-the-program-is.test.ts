// A worker is ready when something in it listens, seen by node:cluster or not, or when its program has been
// loaded, as readyWhen has it. One that listens nowhere and is to listen fails with a hint.

import { test } from 'tap';
import { freePort } from '../fixtures/free-port.js';
import { fixture, read } from '../fixtures/harness.js';
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

const program = fixture('listens-by-itself.mjs');
const hasReusePort = Number(process.versions.node.split('.')[0]) >= 23;

for (const [how, addressType] of [
  ['exclusive', 4],
  ['reusePort', 4],
  ['udp', 'udp4'],
] as const) {
  const options = how === 'reusePort' && !hasReusePort ? { skip: 'of newer versions of Node' } : {};
  test(`a program that listens by itself: ${how}`, options, async (t) => {
    const args = [how, String(await freePort())];
    const supervised = await openSupervisor(t, { exec: program, args, workers: 1 });
    await supervised.call('start');
    t.match(supervised.seen('worker:ready'), [
      { listening: [{ address: '127.0.0.1', addressType }] },
    ]);
  });
}

test('a thread of it listens', async (t) => {
  const port = await freePort();
  const args = ['thread', String(port)];
  const supervised = await openSupervisor(t, { exec: program, args, workers: 1, minUptimeMs: 1 });
  await supervised.call('start');
  t.match(supervised.seen('worker:ready'), [{ listening: [{ address: '127.0.0.1', port }] }]);
  t.equal(await read(port), 'thread\n');
  // The address cannot be shared, so there is nobody to take it over.
  const error = await supervised.call('reload').catch((error) => error);
  t.match(error, { code: 'ERR_RONDO_RELOAD_FAILED', message: /EADDRINUSE/ });
  t.equal(await read(port), 'thread\n', 'the old one serves on');
});

test('one that only sends datagrams does not listen', async (t) => {
  const options = { exec: program, args: ['sends'], startTimeoutMs: 600, maxRestarts: 0 };
  const supervised = await openSupervisor(t, { ...options, workers: 1 });
  const error = await supervised.call('start').catch((error) => error);
  t.match(error, { code: 'ERR_RONDO_START_FAILED', message: /nothing in it listens/ });
});

test("readyWhen: 'started' waits for the top level of an ES module, which runs once", async (t) => {
  const options = { exec: program, args: ['late'], readyWhen: 'started' as const, workers: 1 };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const [ready] = supervised.seen('worker:ready') as Array<{ readyAfterMs: number }>;
  t.ok((ready?.readyAfterMs ?? 0) >= 600, `after ${ready?.readyAfterMs} ms`);
});
