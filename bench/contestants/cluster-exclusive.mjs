// node:cluster, and each worker listens with `exclusive: true`: the listening socket is its own. A second one at the same
// port fails with EADDRINUSE, so it can be shared only where Node has `reusePort` (23.1), which goes with it: then the
// workers share it by the kernel's hash, as in `reuseport`, and the primary knows nothing of it.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { listening } from '../lib/listening.mjs';

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, workers, adopt, workerEnv }) {
  // The first one finds the port.
  const port = await listening(start(0, address.port));
  await Promise.all(
    Array.from({ length: workers - 1 }, (_, index) => listening(startAt(index + 1))),
  );
  return { port, replace: startAt, add: startAt };

  /** @param {number} index */
  function startAt(index) {
    return start(index, port);
  }

  /**
   * @param {number} index
   * @param {number} port
   */
  function start(index, port) {
    return adopt(cluster.fork({ ...workerEnv(index), BENCH_PORT: String(port) }).process);
  }
}

/** @type {Required<import('../lib/types.mjs').Adapter>['worker']} */
export async function worker(server, address) {
  server.listen({ ...address, exclusive: true, reusePort: true });
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.({ type: 'listening', port });
}
