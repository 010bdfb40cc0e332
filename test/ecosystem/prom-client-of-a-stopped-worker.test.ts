// With one of two workers stopped, prom-client's own cluster mode has no metrics, and /metrics has those of both.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'tap';
import { ask, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { metricsOrigin, scrape } from '../fixtures/metrics.js';

test('by itself', async (t) => {
  const program = fixture('prom-client-cluster.cjs');
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  t.equal(stdout.trim(), 'Operation timed out.');
});

test('on rondo', nativeOnly, async (t) => {
  const run = runCli(t, ['start', fixture('measured-app.mjs'), '-w', '2', '--metrics', '0']);
  const origin = await metricsOrigin(run);
  const port = await run.listening(2);
  for (let i = 0; i < 4; i++) await ask(port);
  const count = async () => (await scrape(origin)).get('app_requests_total{path="/"}');
  await until('all is told', async () => (await count()) === 4);
  const { pid } = run.workers()[1] as { pid: number };
  process.kill(pid, 'SIGSTOP');
  t.equal(await count(), 4);
  process.kill(pid, 'SIGCONT');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});
