// What the programs of `messages`, `counters` and `limiter` have in common: a primary that forks workers of
// node:cluster, and tells its parent of each and of the result.
import cluster from 'node:cluster';
import { cpuSeconds } from '../lib/proc.mjs';

/** @typedef {import('node:cluster').Worker} Worker */

/**
 * Workers that have said that they are there. A worker that ends before it should ends the program.
 * @param {number} count
 * @returns {Promise<Worker[]>}
 */
export async function forkTeam(count) {
  const workers = Array.from({ length: count }, () => cluster.fork());
  await Promise.all(
    workers.map(async (worker) => {
      process.send?.({ type: 'started', pid: worker.process.pid });
      worker.once('exit', (code, signal) => fail(`a worker exited with ${signal ?? code}`));
      await nextOf(worker, 'there');
    }),
  );
  return workers;
}

/**
 * The next message of this type. Messages are `{ bench: type, ... }`, so that those of what is measured are told apart.
 * @param {Worker} worker
 * @param {string} type
 * @returns {Promise<any>}
 */
export function nextOf(worker, type) {
  return new Promise((resolve) => {
    worker.on('message', function onMessage(message) {
      if (message?.bench !== type) return;
      worker.off('message', onMessage);
      resolve(message);
    });
  });
}

/**
 * In a worker: calls what the primary asks for, and sends back what it gives.
 * @param {Record<string, (message: any) => object | void | Promise<object>>} tasks
 */
export function serveTasks(tasks) {
  process.on('message', async (/** @type {any} */ message) => {
    const task = tasks[message?.bench];
    if (task) process.send?.({ bench: 'done', ...(await task(message)) });
  });
  process.send?.({ bench: 'there' });
}

/**
 * @param {Worker} worker
 * @param {string} task
 * @param {object} [parameters]
 */
export function ask(worker, task, parameters = {}) {
  const done = nextOf(worker, 'done');
  worker.send({ bench: task, ...parameters });
  return done;
}

/**
 * CPU time of the primary and all workers meanwhile, and how long it took, in seconds.
 * @template T
 * @param {Worker[]} workers
 * @param {() => Promise<T>} act
 */
export async function measured(workers, act) {
  const pids = [process.pid, ...workers.map((worker) => Number(worker.process.pid))];
  const cpu = cpuSeconds(pids);
  const start = performance.now();
  const result = await act();
  const elapsedS = (performance.now() - start) / 1_000;
  return { result, elapsedS, cpuS: cpuSeconds(pids) - cpu };
}

/**
 * @param {Worker[]} workers
 * @param {object} result
 */
export function tell(workers, result) {
  for (const worker of workers) worker.removeAllListeners('exit');
  process.send?.({ type: 'result', ...result }, () => {
    for (const worker of workers) worker.process.disconnect();
    process.disconnect?.();
  });
}

/** @param {string} fault */
function fail(fault) {
  process.send?.({ type: 'result', fault }, () => process.exit(1));
}
