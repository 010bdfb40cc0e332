// A program that does not start ends with code 1 and its error visible, and takes the other workers
// with it. A worker that ends later is reported, and the others go on.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'tap';
import { noneIsLeft, runCli } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');

test('throws at its start', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '2'], { APP_THROWS: '1' });
  t.equal(await run.end, 1);
  t.match(run.stderr(), /Error: as the test wants it/);
  t.match(run.stderr(), /^rondo: worker \d \(pid \d+\) ended with code 1 before it listened$/m);
});

test('cannot listen', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const run = runCli(t, ['start', APP, '-w', '2'], { PORT: String(port) });
  t.equal(await run.end, 1);
  t.match(run.stderr(), new RegExp(`bind EADDRINUSE 127.0.0.1:${port}`));
});

test('a worker ends later', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '2']);
  const port = await run.listening(2);
  await t.rejects(fetch(`http://127.0.0.1:${port}/crash`));
  const headers = { connection: 'close' };
  const pids = new Set<number>();
  for (let i = 0; i < 6; i++) {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
    pids.add(((await response.json()) as { pid: number }).pid);
  }
  t.equal(pids.size, 1, 'the other goes on');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 1);
  t.match(run.stderr(), /^rondo: worker \d \(pid \d+\) ended with code 7$/m);
  await noneIsLeft(run);
});
