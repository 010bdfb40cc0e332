// node:cluster with either of its scheduling policies.
import cluster from 'node:cluster';
import { once } from 'node:events';

/** As long as the example in Node's documentation lets a worker finish. */
const DISCONNECT_MS = 2_000;

/**
 * @param {number} policy
 * @returns {import('./types.mjs').Adapter}
 */
export function clusterAdapter(policy) {
  return {
    async primary({ withSecond, workers, adopt, workerEnv }) {
      cluster.schedulingPolicy = policy;
      const listening = portsOfOne(withSecond ? 2 : 1);
      /** @type {import('node:cluster').Worker[]} */
      const current = [];
      for (let index = 0; index < workers; index++) start(index);
      const [port, secondPort = 0] = await listening;
      return { port, secondPort, replace: start, add: start, reload };

      /** @param {number} index */
      function start(index) {
        current[index] = cluster.fork(workerEnv(index));
        adopt(current[index].process);
      }

      async function reload() {
        for (const [index, old] of current.entries()) {
          start(index);
          // Its first: that it is ready.
          await once(current[index], 'message');
          await leave(old);
        }
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
 * As Node's documentation shows it, at `worker.disconnect()`.
 * @param {import('node:cluster').Worker} worker
 */
async function leave(worker) {
  const exited = once(worker, 'exit');
  worker.disconnect();
  const timer = setTimeout(() => worker.kill(), DISCONNECT_MS);
  await exited;
  clearTimeout(timer);
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
