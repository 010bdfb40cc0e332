import cluster from 'node:cluster';
import { clusterAdapter } from '../lib/cluster-adapter.mjs';

export const { primary, worker } = clusterAdapter(cluster.SCHED_RR);
