// Upgrades in a row under clients that POST on keep-alive connections and try nothing twice: the idle connections of
// the old process go to the new one, so that none is closed and no request fails.

import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { startPostedLoad } from '../fixtures/posted-load.js';
import { startUpgradable } from '../fixtures/upgrade.js';

const UPGRADES = 5;
const WORKERS = 2;
/** Each client asks some times. */
const REQUESTS = 300;

test('64 clients', nativeOnly, async (t) => {
  const app = await startUpgradable(t, [fixture('posted-app.mjs')]);
  const load = await startPostedLoad(app.port);
  const fds: number[] = [];
  for (let i = 0; i < UPGRADES; i++) {
    const old = app.pid();
    await app.upgrade();
    await app.gone(old);
    const { answered } = load;
    await until('they go on', () => load.answered >= answered + REQUESTS);
    fds.push(app.fds());
  }
  const { failures, served } = await load.stop();
  t.comment(`${load.answered} requests by ${served.size} workers`);
  t.strictSame(failures, []);
  t.equal(served.size, WORKERS * (UPGRADES + 1), 'all workers of all processes have served');
  t.ok((fds.at(-1) as number) <= (fds[0] as number) + 2, `as many fds: ${fds}`);
  await app.stop();
});
