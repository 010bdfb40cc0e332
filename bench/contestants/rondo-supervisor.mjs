// A Supervisor with default options, as `rondo start` has one. In the workers it is the program of cluster-rr.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { clusterAdapter } from '../lib/cluster-adapter.mjs';

const PROGRAM = fileURLToPath(new URL('../lib/supervised.mjs', import.meta.url));

export const { worker } = clusterAdapter(cluster.SCHED_RR);

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ workers, adopt }) {
  const { Supervisor } = await import('rondo');
  cluster.on('fork', (worker) => adopt(worker.process));
  const supervisor = new Supervisor({ exec: PROGRAM, args: process.argv.slice(2), workers });
  const listening = once(cluster, 'listening');
  await supervisor.start();
  const [, { port }] = await listening;
  return { port, reload: () => supervisor.reload() };
}
