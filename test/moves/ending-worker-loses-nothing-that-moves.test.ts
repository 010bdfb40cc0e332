// With `rebalance: 'always'` some connection is always on its way from a worker to the primary, also when that worker is
// told to end by a signal of its own: each of its requests is answered.

import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { startLoad, underLoad } from '../fixtures/loadgen.js';
import { openSupervisor } from '../fixtures/supervisor.js';

const CLIENTS = 100;
const ENDS = 10;
/** Enough for requests to be under way again. */
const PAUSE_MS = 100;

test('workers end one after another', underLoad, async (t) => {
  const options = { workers: 3, rebalance: 'always', minUptimeMs: 50 } as const;
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const load = startLoad('keep-alive', {
    port: supervised.port(),
    seconds: 30,
    concurrency: CLIENTS,
  });
  for (let ends = 1; ends <= ENDS; ends++) {
    await delay(PAUSE_MS);
    const [pid] = await supervised.readyPids();
    process.kill(pid as number, 'SIGTERM');
    await supervised.until('worker:exited', ends);
    await supervised.until('worker:ready', 3 + ends);
  }
  load.stop();
  const { ok, failed, failures, hung } = await load.report;
  t.ok(ok > CLIENTS, `${ok} requests`);
  t.strictSame({ failed, failures, hung }, { failed: 0, failures: {}, hung: 0 });
});
