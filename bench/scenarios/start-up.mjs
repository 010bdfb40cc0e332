// How long until all workers are ready, and how much memory do all processes then have? Nearly all of
// it is Node's own start, the same for everyone. A few connections check that every worker really
// serves.
import { KINDS } from '../contestants/index.mjs';
import { startHost } from '../lib/host-process.mjs';
import { findFault, runLoad } from '../lib/load.mjs';
import { memoryKb } from '../lib/proc.mjs';

const MANY = 16;

/** @type {import('../lib/types.mjs').OwnScenario} */
export const startUp = {
  name: 'start-up',
  about: 'time and memory until all workers are ready',
  contestants: KINDS,
  columns: ['readyMs', 'workersReadyMs', 'primaryMb', 'workerMb', 'totalMb'],
  main: ['readyMs', 'primaryMb', 'totalMb'],
  variants: ({ workers, full }) => [{ workers }, ...(full ? [{ workers: MANY }] : [])],
  async measure({ contestant, workers, loadgen }) {
    const host = await startHost(contestant, 'storm', workers);
    try {
      const { readyMs, workersReadyMs, primaryPid, workerPids } = host;
      const primary = memoryKb(primaryPid);
      const others = workerPids.filter((pid) => pid !== primaryPid).map(memoryKb);
      const observed = {
        readyMs,
        workersReadyMs,
        primaryKb: primary.rss,
        workersKb: sum(others.map(({ rss }) => rss)),
        totalKb: sum([primary, ...others].map(({ pss }) => pss)),
      };
      const check = { mode: /** @type {const} */ ('storm'), connections: 4_000, concurrency: 64 };
      const fault = findFault(await runLoad(loadgen, host.port, check), workers);
      return { observed, ...(fault && { reason: fault }) };
    } finally {
      await host.stop();
    }
  },
};

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
