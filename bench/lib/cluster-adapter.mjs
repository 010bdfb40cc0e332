// node:cluster with either of its scheduling policies.
import cluster from 'node:cluster';
import { once } from 'node:events';

/**
 * @param {number} policy
 * @returns {import('./types.mjs').Adapter}
 */
export function clusterAdapter(policy) {
  return {
    async primary({ workers, adopt, workerEnv }) {
      cluster.schedulingPolicy = policy;
      const listening = once(cluster, 'listening');
      for (let index = 0; index < workers; index++) start(index);
      const [, address] = await listening;
      return { port: address.port, replace: start };

      /** @param {number} index */
      function start(index) {
        adopt(cluster.fork(workerEnv(index)).process);
      }
    },

    async worker(server, address) {
      server.listen(address);
      await once(server, 'listening');
    },
  };
}
