// The program of a cell: `node host.mjs CONTESTANT HANDLER WORKERS`. It is the primary, and with
// BENCH_WORKER set it is worker number BENCH_WORKER of the same contestant. The contestant's
// adapter says how connections get from one to the other; all else is here and the same for all.
//
// Runner → primary: {type:'block', ms}. Primary → runner: {type:'ready', port, pids},
// {type:'blocked', ms}. Worker → primary: {type:'ready'}. Whoever loses its parent exits.
import { spawn } from 'node:child_process';
import { HANDLERS } from './handlers.mjs';

const [contestant, handler, workers] = process.argv.slice(2);
/** @type {import('./lib/types.mjs').Adapter} */
const adapter = await import(`./contestants/${contestant}.mjs`);

process.on('disconnect', () => process.exit());
if (process.env.BENCH_WORKER === undefined) await runPrimary();
else await runWorker(process.env.BENCH_WORKER);

async function runPrimary() {
  /** @type {Promise<number>[]} */
  const ready = [];

  /** @param {import('node:child_process').ChildProcess} child */
  function adopt(child) {
    // A cell with a worker less than announced measures something else: better none at all.
    child.once('exit', (code, signal) => {
      console.error(`a worker exited with ${signal ?? code}`);
      process.exit(1);
    });
    ready.push(
      new Promise((resolve) => {
        child.on('message', (message) => {
          if (isMessage(message, 'ready')) resolve(/** @type {number} */ (child.pid));
        });
      }),
    );
    return child;
  }

  const { port } = await adapter.primary({
    workers: Number(workers),
    adopt,
    startWorker: (index, { stdio, env } = {}) =>
      adopt(
        spawn(process.execPath, process.argv.slice(1), {
          stdio: stdio ?? ['inherit', 'inherit', 'inherit', 'ipc'],
          env: { ...process.env, ...env, ...workerEnv(index) },
        }),
      ),
    workerEnv,
  });

  process.on('message', (/** @type {any} */ message) => {
    if (isMessage(message, 'block')) process.send?.({ type: 'blocked', ms: block(message.ms) });
  });
  process.send?.({ type: 'ready', port, pids: await Promise.all(ready) });
}

/** @param {string} index */
async function runWorker(index) {
  await adapter.worker(HANDLERS[handler](`w${index}`));
  process.send?.({ type: 'ready' });
}

/** @param {number} index */
function workerEnv(index) {
  return { BENCH_WORKER: String(index) };
}

/**
 * Blocks the event loop the way it happens in practice: by work that does not return.
 * @param {number} ms
 */
function block(ms) {
  const start = performance.now();
  while (performance.now() - start < ms);
  return performance.now() - start;
}

/**
 * Other users of the same channel (node:cluster, the ipc transport) send messages of their own.
 * @param {any} message
 * @param {string} type
 */
function isMessage(message, type) {
  return message !== null && typeof message === 'object' && message.type === type;
}
