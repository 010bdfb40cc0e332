// node:cluster with either of its scheduling policies.
import cluster from 'node:cluster';
import { once } from 'node:events';

/**
 * @param {number} policy
 * @returns {import('./types.mjs').Adapter}
 */
export function clusterAdapter(policy) {
  return {
    async primary({ withSecond, workers, adopt, workerEnv }) {
      cluster.schedulingPolicy = policy;
      const listening = portsOfOne(withSecond ? 2 : 1);
      for (let index = 0; index < workers; index++) start(index);
      const [port, secondPort = 0] = await listening;
      return { port, secondPort, replace: start };

      /** @param {number} index */
      function start(index) {
        adopt(cluster.fork(workerEnv(index)).process);
      }
    },

    async worker(server, address, second) {
      server.listen(address);
      await once(server, 'listening');
      if (!second) return;
      second.listen({ ...address, port: 0 });
      await once(second, 'listening');
    },
  };
}

/**
 * The ports that a worker listens at, in the order it does; they are the same in all workers.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
function portsOfOne(count) {
  /** @type {Map<number, number[]>} */
  const ports = new Map();
  return new Promise((resolve) => {
    cluster.on('listening', ({ id }, { port }) => {
      const own = [...(ports.get(id) ?? []), port];
      ports.set(id, own);
      if (own.length === count) resolve(own);
    });
  });
}
