// The program of a cell: `node host.mjs CONTESTANT HANDLER WORKERS [replace|reload]`. It is the primary, and
// with BENCH_WORKER set it is worker number BENCH_WORKER of the same contestant. The contestant's
// adapter says how connections get from one to the other; all else is here and the same for all.
// With `replace` a worker that ends is replaced; with `reload` it may end when another one serves in its place. Otherwise
// that ends the cell. It listens on a free port of
// 127.0.0.1, or at BENCH_HOST and BENCH_PORT, and with BENCH_SECOND at a second port. BENCH_OPTIONS has options
// of rondo's that a scenario is about.
//
// Runner → primary: {type:'block', ms}, {type:'loop', index, ms}, {type:'grow', count}, {type:'reload'}. Primary → runner: {type:'started', pid} and
// {type:'serving', index, pid, thread} for each worker, {type:'ready', port, secondPort, primaryPid,
// servers, ms}, {type:'blocked', ms}, {type:'looped', startMs, ms}, {type:'grown'}, {type:'reloaded', ms}.
// Primary → worker: {type:'loop', ms}. Worker → primary: {type:'ready', index}, {type:'looped', startMs, ms}.
// Whoever loses its parent exits.
import { spawn } from 'node:child_process';
import cluster from 'node:cluster';
import { HANDLERS } from './handlers.mjs';

const [contestant, handler, workers, mode] = process.argv.slice(2);
const { BENCH_HOST = '127.0.0.1', BENCH_PORT = '0', BENCH_OPTIONS = '{}' } = process.env;
const address = { host: BENCH_HOST, port: Number(BENCH_PORT) };
const withSecond = process.env.BENCH_SECOND !== undefined;
/** @type {Map<number, () => void>} the workers there are, and what is done when one serves */
const served = new Map();
/** @type {import('./lib/types.mjs').Adapter} */
const adapter = await import(`./contestants/${contestant}.mjs`);

process.on('disconnect', () => {
  // A worker of node:cluster that was told to leave still has requests to answer.
  if (mode !== 'reload' || !cluster.worker?.exitedAfterDisconnect) process.exit();
});
if (process.env.BENCH_WORKER === undefined) await runPrimary();
else await runWorker(process.env.BENCH_WORKER);

async function runPrimary() {
  const start = performance.now();
  /** @type {Promise<void>[]} */
  const ready = [];
  /** @type {((index: number) => void) | undefined} */
  let replace;
  /** @type {import('node:child_process').ChildProcess[]} those that serve, by their number */
  const children = [];

  /** @param {import('node:child_process').ChildProcess} child */
  function adopt(child) {
    const order = ready.length;
    /** @type {number | undefined} */
    let serving;
    started(/** @type {number} */ (child.pid));
    child.once('exit', (code, signal) => {
      if (mode === 'replace' && replace && serving !== undefined) return replace(serving);
      if (mode === 'reload' && serving !== undefined && children[serving] !== child) return;
      // A cell with a worker less than announced measures something else: better none at all.
      console.error(`a worker exited with ${signal ?? code}`);
      process.exit(1);
    });
    ready.push(
      new Promise((resolve) => {
        child.on('message', (/** @type {any} */ message) => {
          if (isMessage(message, 'looped')) process.send?.(message);
          if (!isMessage(message, 'ready')) return;
          const index = message.index ?? order;
          serving = index;
          children[index] = child;
          announceServing(index, /** @type {number} */ (child.pid));
          resolve();
        });
      }),
    );
    return child;
  }

  const contact = await adapter.primary({
    address,
    withSecond,
    options: JSON.parse(BENCH_OPTIONS),
    workers: Number(workers),
    handler,
    adopt,
    started,
    serving: announceServing,
    createServer: (index) => HANDLERS[handler](`w${index}`),
    startWorker: (index, { by = [], stdio, env } = {}) => {
      const [command, ...args] = [...by, process.execPath, ...process.argv.slice(1)];
      return adopt(
        spawn(command, args, {
          stdio: stdio ?? ['inherit', 'inherit', 'inherit', 'ipc'],
          env: { ...process.env, ...env, ...workerEnv(index) },
        }),
      );
    },
    workerEnv,
  });

  process.on('message', (/** @type {any} */ message) => {
    if (isMessage(message, 'block')) process.send?.({ type: 'blocked', ms: block(message.ms) });
    if (isMessage(message, 'loop')) children[message.index].send(message);
    if (isMessage(message, 'grow')) void grow(message.count);
    if (isMessage(message, 'reload')) void reload();
  });
  await Promise.all(ready);
  replace = contact.replace;
  const { port, secondPort, primaryPid = process.pid, servers = Number(workers) } = contact;
  const ms = performance.now() - start;
  process.send?.({ type: 'ready', port, secondPort, primaryPid, servers, ms });

  // What these throw is not caught, and ends the cell.

  /** @param {number} count */
  async function grow(count) {
    const first = served.size;
    for (let index = first; index < first + count; index++) {
      const serves = new Promise((resolve) => served.set(index, () => resolve(undefined)));
      await contact.add?.(index);
      await serves;
    }
    process.send?.({ type: 'grown' });
  }

  async function reload() {
    const start = performance.now();
    await contact.reload?.();
    process.send?.({ type: 'reloaded', ms: performance.now() - start });
  }
}

/** @param {string} index */
async function runWorker(index) {
  const createServer = () => HANDLERS[handler](`w${index}`);
  await adapter.worker?.(createServer(), address, withSecond ? createServer() : undefined);
  // Not before: what the adapter waits for may have come already, and goes to the first listener there is.
  process.on('message', (/** @type {any} */ message) => {
    if (!isMessage(message, 'loop')) return;
    const startMs = Number(process.hrtime.bigint()) / 1e6;
    process.send?.({ type: 'looped', startMs, ms: block(message.ms) });
  });
  process.send?.({ type: 'ready', index: Number(index) });
}

/** @param {number} pid */
function started(pid) {
  process.send?.({ type: 'started', pid });
}

/**
 * @param {number} index
 * @param {number} pid
 * @param {number} [thread]
 */
function announceServing(index, pid, thread) {
  process.send?.({ type: 'serving', index, pid, thread });
  served.get(index)?.();
  served.set(index, () => {});
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
