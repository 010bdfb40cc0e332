// The IP limiter, stage 3: the counts are in memory that all workers share. Exactly 3 pass, nobody waits, the
// primary does nothing, and a count ends with its window.
import cluster from 'rondo/cluster';
import { limiter } from 'rondo/shared';
import { LIMIT, report, serve, startWorkers } from './server.mjs';

if (cluster.isPrimary) {
  report(await startWorkers(cluster), 'exactly 3 pass');
} else {
  const limit = limiter({ name: 'by address', limit: LIMIT, windowMs: 60_000 });
  serve((address) => limit.take(address).ok);
}
