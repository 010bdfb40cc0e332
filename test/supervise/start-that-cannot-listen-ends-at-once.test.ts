// As under plain Node a program that cannot listen ends at once, with that error: at the first start it is not
// tried again. Once a worker has been well, it is a failure as any other.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type Test, test } from 'tap';
import { runCli } from '../fixtures/cluster-cli.js';
import { nativeOnly } from '../fixtures/harness.js';
import { APP, openSupervisor } from '../fixtures/supervisor.js';

async function takenPort(t: Test): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return String((server.address() as AddressInfo).port);
}

test('a port that is taken', async (t) => {
  const PORT = await takenPort(t);
  const supervised = await openSupervisor(t, { workers: 3 }, { PORT });
  const error = await supervised.call('start').catch((error) => error);
  t.match(error, {
    code: 'ERR_RONDO_START_FAILED',
    message: /^Worker \d cannot listen, so none can\nError: .*EADDRINUSE/,
    cause: { code: 'EADDRINUSE', address: '127.0.0.1', port: Number(PORT) },
  });
  t.equal(supervised.seen('worker:starting').length, 3, 'none is tried again');
  t.strictSame(supervised.seen('seat:waiting'), []);
  t.equal(supervised.seen('worker:exited').length, 3, 'all have ended');
  t.equal((await supervised.stats()).state, 'failed');
});

test('a program that handles the error itself, and ends', nativeOnly, async (t) => {
  const PORT = await takenPort(t);
  const supervised = await openSupervisor(t, { workers: 2 }, { PORT, APP_HANDLES_ERRORS: '1' });
  const error = await supervised.call('start').catch((error) => error);
  t.match(error, {
    cause: { code: 'EADDRINUSE' },
    lastOutput: 'the program itself says EADDRINUSE',
  });
  t.equal(supervised.seen('worker:starting').length, 2, 'none is tried again');
});

test('an address that is not there', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2 }, { APP_HOST: '203.0.113.1' });
  const error = await supervised.call('start').catch((error) => error);
  t.match(error, { code: 'ERR_RONDO_START_FAILED', cause: { code: 'EADDRNOTAVAIL' } });
  t.equal(supervised.seen('worker:starting').length, 2);
});

test('rondo start', async (t) => {
  const PORT = await takenPort(t);
  const run = runCli(t, ['start', APP, '-w', '2'], { PORT });
  t.equal(await run.end, 3);
  t.match(run.stderr(), new RegExp(`cannot listen, so none can\\nError: .*EADDRINUSE.*${PORT}`));
  t.equal(run.stderr().match(/ starts$/gm)?.length, 2);
  t.notMatch(run.stderr(), 'starts again');
});

test('after a start that went well', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, minUptimeMs: 100, maxRestarts: 1 });
  await supervised.call('start');
  await supervised.call('reload');
  const old = await supervised.readyPids();
  const PORT = await takenPort(t);
  const reload = supervised.call('reload', { env: { PORT } });
  t.match(await reload.catch((error) => error), { seat: 0, lastOutput: /EADDRINUSE/ });
  t.strictSame((await supervised.readyPids()).sort(), old.sort(), 'the others serve on');
});
