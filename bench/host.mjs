// The program of a cell: `node host.mjs CONTESTANT HANDLER WORKERS [replace]`. It is the primary, and
// with BENCH_WORKER set it is worker number BENCH_WORKER of the same contestant. The contestant's
// adapter says how connections get from one to the other; all else is here and the same for all.
// With `replace` a worker that ends is replaced, otherwise that ends the cell. It listens on a free port of
// 127.0.0.1, or at BENCH_HOST and BENCH_PORT, and with BENCH_SECOND at a second port. BENCH_OPTIONS has options
// of rondo's that a scenario is about.
//
// Runner → primary: {type:'block', ms}, {type:'loop', index, ms}. Primary → runner: {type:'started', pid} and
// {type:'serving', index, pid} for each worker, {type:'ready', port, secondPort, primaryPid,
// servers, ms}, {type:'blocked', ms}, {type:'looped', startMs, ms}.
// Primary → worker: {type:'loop', ms}. Worker → primary: {type:'ready', index}, {type:'looped', startMs, ms}.
// Whoever loses its parent exits.
import { spawn } from 'node:child_process';
import { HANDLERS } from './handlers.mjs';

const [contestant, handler, workers, mode] = process.argv.slice(2);
const { BENCH_HOST = '127.0.0.1', BENCH_PORT = '0', BENCH_OPTIONS = '{}' } = process.env;
const address = { host: BENCH_HOST, port: Number(BENCH_PORT) };
const withSecond = process.env.BENCH_SECOND !== undefined;
/** @type {import('./lib/types.mjs').Adapter} */
const adapter = await import(`./contestants/${contestant}.mjs`);

process.on('disconnect', () => process.exit());
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
  });
  await Promise.all(ready);
  replace = contact.replace;
  const { port, secondPort, primaryPid = process.pid, servers = Number(workers) } = contact;
  const ms = performance.now() - start;
  process.send?.({ type: 'ready', port, secondPort, primaryPid, servers, ms });
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
 */
function announceServing(index, pid) {
  process.send?.({ type: 'serving', index, pid });
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
