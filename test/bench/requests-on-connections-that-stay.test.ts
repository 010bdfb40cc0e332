// The scenarios of requests on connections that stay: all contestants have the same load, and the figures are those of the
// requests that count.

import { test } from 'tap';
import { runRound } from '../fixtures/bench-program.js';
import { underLoad } from '../fixtures/loadgen.js';

test('requests on connections that stay', underLoad, async (t) => {
  const asked = ['rondo-native', 'rondo-off', 'cluster-rr', 'single'];
  const { cells, stdout } = await runRound(t, 'keep-alive-busy', asked, '2 workers');
  t.match(stdout, /^not applicable: single, \w/m);
  t.same(cells.map(({ contestant }) => contestant).sort(), asked.slice(0, 3).sort());
  const rates = new Set(cells.map((cell) => cell.asked.rate));
  t.equal(rates.size, 1, 'all have the same load');
  for (const { contestant, load, observed, figures } of cells) {
    t.equal(load.ok, 150, `${contestant}: 50 of them open the connections`);
    const counted = Object.values(load.workersAfterStart as Record<string, number>);
    t.equal(
      counted.reduce((sum, count) => sum + count, 0),
      100,
      'and do not count',
    );
    t.equal(load.latencyMs.samples, 100);
    t.ok(Math.abs(load.latencyMs.p99 - figures.p99Ms) < 1e-9);
    t.ok(observed.busiestCpu >= 1 && observed.busiestCpu <= 2, `${observed.busiestCpu}`);
    t.equal(figures.busiestRequests, (2 * Math.max(...counted)) / 100);
    // Less than what the handler does would be a load that is not there.
    t.ok(figures.workersUs > 3_000, `${figures.workersUs} µs of CPU per request`);
  }
});

test('requests that need no CPU', underLoad, async (t) => {
  const { cells } = await runRound(
    t,
    'keep-alive-blocked',
    ['rondo-off', 'cluster-rr'],
    '4 workers',
  );
  t.equal(cells.length, 2);
  for (const { contestant, load, figures, observed } of cells) {
    t.equal(load.ok, 300, `${contestant}: 200 of them open the connections`);
    // 4 workers, each 3.85 ms at a request on average.
    t.ok(observed.capacity < 1_045, `${observed.capacity} a second`);
    t.ok(figures.p50Ms >= 3, `${figures.p50Ms} ms`);
  }
});

test('a pool that was there before half of the workers', underLoad, async (t) => {
  const { cells } = await runRound(t, 'keep-alive-pool', ['rondo-off', 'cluster-rr'], '2 workers');
  t.equal(cells.length, 2);
  for (const { contestant, load, figures } of cells) {
    t.same(load.workerConnections, { w0: 100 }, `${contestant}: one has all of it`);
    t.equal(figures.busiestRequests, 2, 'and is asked for everything, if nothing moves');
    t.equal(figures.moved, 0);
  }
});

test('reloads under load', underLoad, async (t) => {
  const { cells } = await runRound(t, 'reload', ['cluster-rr'], 'load new connections');
  const [{ load, observed, figures }] = cells;
  t.equal(observed.reloads, 10);
  t.ok(load.ok > 100 && load.elapsedS * 1_000 > 10 * observed.reloadMs, 'until they are done');
  t.match(figures, { closedByServer: 0, failedRequests: Number, hungRequests: Number });
  t.equal(figures.p99ByBefore, figures.p99Ms / figures.beforeP99Ms);
});
