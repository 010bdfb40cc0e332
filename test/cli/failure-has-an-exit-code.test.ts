// A program that does not start is tried again, and ends `rondo start` with code 3 and its error visible
// when every seat has stopped. A worker that fails later is replaced, and the others go on. What is wrong
// with rondo itself has code 1.

import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import {
  ask,
  askForPids,
  noneIsLeft,
  runCli,
  temporaryDirectory,
} from '../fixtures/cluster-cli.js';
import { copyPackage } from '../fixtures/cluster-package.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');

test('throws at its start', async (t) => {
  const args = ['start', APP, '-w', '2', '--max-restarts', '0'];
  const run = runCli(t, args, { APP_THROWS: '1' });
  t.equal(await run.end, 3);
  const log = run.stderr();
  t.match(log, /Error: as the test wants it/);
  for (const seat of [0, 1]) {
    t.match(
      log,
      new RegExp(`^rondo: worker ${seat} \\(pid \\d+\\) has an uncaught error: Error`, 'm'),
    );
    t.match(log, `rondo: worker ${seat} failed too often and stays away; its last words:\n`);
  }
  t.match(log, /^rondo: Every seat has stopped after too many failures$/m);
  t.notMatch(log, 'starts again', 'none is tried again');
  t.equal(run.stdout(), '', "it is the program's");
  await noneIsLeft(run);
});

test('is tried again', async (t) => {
  const args = ['start', APP, '-w', '1', '--max-restarts', '2'];
  const run = runCli(t, args, { APP_THROWS: '1' });
  t.equal(await run.end, 3);
  t.equal(run.stderr().match(/^rondo: worker 0 \(pid \d+\) starts$/gm)?.length, 3);
  t.match(run.stderr(), /^rondo: worker 0 starts again in \d+ ms$/m);
});

test('never listens', async (t) => {
  const args = ['start', fixture('supervisor-app.mjs'), '-w', '1', '--max-restarts', '0'];
  const env = { APP_FAILS: 'by-never-listening', APP_READY_AFTER_MS: '60000' };
  const run = runCli(t, [...args, '--start-timeout', '300'], env);
  t.equal(await run.end, 3);
  t.match(run.stderr(), /ended by SIGKILL after \d\.\d s \(start-timeout\)$/m);
});

test('cannot listen', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const args = ['start', APP, '-w', '2', '--max-restarts', '0'];
  const run = runCli(t, args, { PORT: String(port) });
  t.equal(await run.end, 3);
  t.match(run.stderr(), new RegExp(`listen EADDRINUSE: address already in use 127.0.0.1:${port}`));
});

test('a worker ends later', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '2']);
  const port = await run.listening(2);
  const first = run.workers().map(({ pid }) => pid);
  await t.rejects(ask(port, '/crash'));
  await run.listening(3);
  const [, seat, gone] = await run.says(
    /^rondo: worker (\d) \(pid (\d+)\) ended with code 7 after \d+\.\d s \(exit\)$/m,
  );
  const replacement = run.workers()[2];
  t.equal(replacement?.seat, Number(seat), 'in the same seat');
  const pids = await askForPids(port);
  const other = first.find((pid) => pid !== Number(gone));
  t.strictSame(pids, new Set([other, replacement?.pid]), 'both serve');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  await noneIsLeft(run);
});

/** Where no rondo is found for it, which would be run in place of the copy. */
function appAlone(t: Test): string {
  const file = path.join(temporaryDirectory(t), path.basename(APP));
  copyFileSync(APP, file);
  return file;
}

const demands: NodeJS.ProcessEnv[] = [
  { RONDO_NATIVE: '1' },
  { RONDO_NATIVE: '', RONDO_TRANSPORT: 'native' },
];

for (const env of demands) {
  test(`rondo cannot do as it is told: ${JSON.stringify(env)}`, async (t) => {
    const run = runCli(t, ['start', appAlone(t), '-w', '1'], env, { bin: binWithoutAddon(t) });
    t.equal(await run.end, 1);
    t.match(run.stderr(), /^rondo: \d[^\n]*\nrondo: The native addon cannot be loaded: /);
    t.notMatch(run.stderr(), ' starts');
  });
}

test('without the addon it works all the same', async (t) => {
  const env = { RONDO_NATIVE: '' };
  const run = runCli(t, ['start', appAlone(t), '-w', '2'], env, { bin: binWithoutAddon(t) });
  const port = await run.listening(2);
  t.equal((await askForPids(port)).size, 2);
  t.match(run.stderr(), /RONDO_CLUSTER_FALLBACK/);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

function binWithoutAddon(t: Test): string {
  const { register } = copyPackage(t, { hasAddon: false });
  return fileURLToPath(new URL('cli/main.js', register));
}
