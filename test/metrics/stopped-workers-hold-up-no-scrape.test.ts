// Every worker stands still: scrapes and probes are answered all the same, with what is known.

import { test } from 'tap';
import { runCli } from '../fixtures/cluster-cli.js';
import { stop } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';
import { metricsOrigin, scrape, sumOf } from '../fixtures/metrics.js';

test('with every worker in SIGSTOP', async (t) => {
  const run = runCli(t, ['start', fixture('cluster-app.mjs'), '-w', '3', '--metrics', '0']);
  const origin = await metricsOrigin(run);
  await run.listening(3);
  const pids = run.workers().map(({ pid }) => pid);
  t.teardown(() => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  });
  for (const pid of pids) await stop(pid);
  for (let i = 0; i < 3; i++) {
    const samples = await scrape(origin);
    t.equal(samples.get('rondo_workers_wanted'), 3);
    t.equal(sumOf(samples, 'rondo_workers'), 3, 'they are alive');
    t.equal(sumOf(samples, 'rondo_worker_starts_total'), 3);
  }
  for (const [path, text] of [
    ['/live', 'running\n'],
    ['/ready', 'running, 3 of 3 workers ready\n'],
  ] as const) {
    const response = await fetch(`${origin}${path}`);
    t.equal(response.status, 200, path);
    t.equal(await response.text(), text);
  }
});
