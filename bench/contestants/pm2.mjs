// pm2 in cluster mode. Its daemon is this process, as with pm2-runtime, so that it ends with the cell
// and its event loop is the one that `blocked-primary` blocks. Its home is its own, so that it meets no other
// daemon. In the workers it is node:cluster.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { clusterAdapter } from '../lib/cluster-adapter.mjs';
import { scratchOf } from '../lib/processes.mjs';

const NAME = 'bench';

/** @type {Required<import('../lib/types.mjs').Adapter>['worker']} */
export async function worker(server, address) {
  // "Graceful stop" in pm2's documentation: SIGINT, then 1.6 s.
  process.on('SIGINT', () => server.close(() => process.exit()));
  await clusterAdapter(cluster.SCHED_RR).worker?.(server, address);
}

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ workers, adopt }) {
  const home = scratchOf(process.pid);
  mkdirSync(home);
  Object.assign(process.env, { PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true' });
  const { default: pm2 } = await import('pm2');

  // Not in its types.
  const { scale } = /** @type {any} */ (pm2);

  cluster.on('fork', (worker) => adopt(worker.process));
  await done((callback) => pm2.connect(true, callback));
  const listening = once(cluster, 'listening');
  const app = {
    name: NAME,
    script: process.argv[1],
    args: process.argv.slice(2),
    instances: workers,
    exec_mode: 'cluster',
    instance_var: 'BENCH_WORKER',
  };
  await done((callback) => pm2.start(app, callback));
  const [, address] = await listening;
  return {
    port: address.port,
    replace: restarted,
    add: (index) => done((callback) => scale.call(pm2, NAME, index + 1, callback)),
    reload: () => done((callback) => pm2.reload(NAME, callback)),
  };
}

/** pm2 does it itself. */
function restarted() {}

/**
 * @param {(callback: (error: Error | null) => void) => void} call
 * @returns {Promise<void>}
 */
function done(call) {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()));
  });
}
