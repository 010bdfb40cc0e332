// Ten rolling reloads of four workers under load: no request fails, none waits for ever, whether it comes on a
// keep-alive connection or on a new one. So too scaling from 2 to 8 to 1.

import { type Test, test } from 'tap';
import { type LoadReport, startLoad, underLoad } from '../fixtures/loadgen.js';
import { nothingIsLeft, openSupervisor } from '../fixtures/supervisor.js';

const RELOADS = 10;

function nobodyFailed(t: Test, report: LoadReport): void {
  t.comment(`${report.ok} answered, at the longest after ${report.latencyMs.max} ms`);
  t.ok(report.ok > 100, 'there was load');
  const { failed, failures, refused, hung } = report;
  t.strictSame(
    { failed, failures, refused, hung },
    { failed: 0, failures: {}, refused: 0, hung: 0 },
  );
}

for (const mode of ['keep-alive', 'http'] as const) {
  test(`reloads, ${mode}`, underLoad, async (t) => {
    const supervised = await openSupervisor(t, { workers: 4, minUptimeMs: 100 });
    await supervised.call('start');
    const fds = supervised.fds();
    const load = startLoad(mode, { port: supervised.port(), seconds: 100, concurrency: 32 });
    for (let i = 0; i < RELOADS; i++) await supervised.call('reload');
    load.stop();
    const report = await load.report;
    nobodyFailed(t, report);
    // Those of the last reload may not have had the time.
    t.ok(Object.keys(report.workers).length >= 4 * RELOADS, 'every worker served');
    await nothingIsLeft(t, supervised, fds);
  });

  test(`scaling, ${mode}`, underLoad, async (t) => {
    const supervised = await openSupervisor(t, { workers: 2 });
    await supervised.call('start');
    const fds = supervised.fds();
    const load = startLoad(mode, { port: supervised.port(), seconds: 100, concurrency: 32 });
    await supervised.call('scale', 8);
    await supervised.call('scale', 1);
    load.stop();
    nobodyFailed(t, await load.report);
    await nothingIsLeft(t, supervised, fds);
  });
}
