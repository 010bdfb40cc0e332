// The IP limiter, stage 2: the primary alone counts, and a worker waits for its answer. Exactly 3 pass, but every
// request waits for a message there and back, and for the primary, which has one thread for all of them.
import cluster from 'rondo/cluster';
import { hub } from 'rondo/hub';
import { LIMIT, report, serve, startWorkers } from './server.mjs';

if (cluster.isPrimary) {
  const counts = new Map(); // by address
  hub.handle('take', (address) => {
    const count = counts.get(address) ?? 0;
    if (count >= LIMIT) return false;
    counts.set(address, count + 1);
    return true;
  });
  report(await startWorkers(cluster), 'exactly 3 pass');
} else {
  serve((address) => hub.request('primary', 'take', address));
}
