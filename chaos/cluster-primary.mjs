// Plain node:cluster, for the comparison: as ../chaos/primary.mjs seen by the runner. A worker that ends
// is replaced at once (as cfork and recluster do); a rolling restart is the one that Node's
// documentation and most programs have: fork, wait for 'listening', disconnect() the old one, and kill
// it if it does not end.
import cluster from 'node:cluster';
import { once } from 'node:events';

/** As long as rondo waits, drainTimeoutMs and killTimeoutMs together. */
const { exec, workers, env, killAfterMs } = JSON.parse(process.argv[2]);

cluster.setupPrimary({ exec });

let isStopping = false;

/** @returns {import('node:cluster').Worker} */
function fork() {
  const worker = cluster.fork(env);
  const { pid } = worker.process;
  tell({ event: 'worker:starting', args: [{ pid }] });
  worker.on('listening', (address) =>
    tell({ event: 'worker:ready', args: [{ pid, listening: [address] }] }),
  );
  // It cannot be sent a message, as it has just been killed.
  worker.on('error', () => {});
  worker.on('exit', (code, signal) => {
    tell({ event: 'worker:exited', args: [{ pid, code, signal }] });
    if (!isStopping && !worker.exitedAfterDisconnect) fork();
  });
  return worker;
}

/** @param {import('node:cluster').Worker} worker */
async function disconnect(worker) {
  const exit = once(worker, 'exit');
  tell({ event: 'worker:draining', args: [{ pid: worker.process.pid }] });
  worker.disconnect();
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), killAfterMs);
  await exit;
  clearTimeout(timer);
}

/** @type {Record<string, (...args: any[]) => Promise<unknown>>} */
const CALLS = {
  async start() {
    const all = Array.from({ length: workers }, fork);
    await Promise.all(all.map((worker) => once(worker, 'listening')));
  },
  async reload() {
    for (const old of Object.values(cluster.workers ?? {})) {
      await once(fork(), 'listening');
      if (old !== undefined) await disconnect(old);
    }
  },
  async kill(pid) {
    const all = Object.values(cluster.workers ?? {});
    const worker = all.find((worker) => worker?.process.pid === pid);
    worker?.process.kill('SIGKILL');
    return null;
  },
  async stop() {
    isStopping = true;
    await Promise.all(
      Object.values(cluster.workers ?? {}).map((worker) => worker && disconnect(worker)),
    );
  },
};

process.on('message', async (/** @type {any} */ { seq, call, args }) => {
  tell({ answers: seq, result: await CALLS[call](...args) });
});
process.on('disconnect', () => {
  if (!isStopping) process.exit(1);
});
tell({ event: 'up', args: [] });

/** @param {object} message */
function tell(message) {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
