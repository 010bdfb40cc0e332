// The IP limiter, stage 1: each worker has a copy of the counts, which the primary brings up to date by process.send().
// It is too late: while a message is under way every worker may let requests pass, so of 10 at once it may be more than 3.
import cluster from 'rondo/cluster';
import { LIMIT, report, serve, startWorkers } from './server.mjs';

const counts = new Map(); // by address

if (cluster.isPrimary) {
  cluster.on('message', (_worker, address) => {
    const count = (counts.get(address) ?? 0) + 1;
    counts.set(address, count);
    for (const worker of Object.values(cluster.workers)) worker.send([address, count]);
  });
  report(await startWorkers(cluster), 'more than 3 may pass');
} else {
  process.on('message', ([address, count]) => counts.set(address, count));
  serve((address) => {
    if ((counts.get(address) ?? 0) >= LIMIT) return false;
    process.send(address);
    return true;
  });
}
