// The program of cluster-rr, with rondo's preload. The import is what `--import rondo/register` does.
import 'rondo/register';
import cluster from 'node:cluster';
import { clusterAdapter } from '../lib/cluster-adapter.mjs';

export const { primary, worker } = clusterAdapter(cluster.SCHED_RR);
