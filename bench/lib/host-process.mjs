// The runner's side of ../host.mjs: starts a contestant's primary, which starts its workers, and
// ends all of them.
import { fork } from 'node:child_process';
import { ended, signal, track } from './processes.mjs';

const HOST = new URL('../host.mjs', import.meta.url);
/** Most take less than a second; Watt loads for some seconds on a machine that has other work. */
const READY_TIMEOUT_MS = 30_000;
/** More of them take longer to start and to end. */
const TIMEOUT_PER_WORKER_MS = 500;
/** For each worker; Watt gives connections 10 s to end. */
const RELOAD_TIMEOUT_MS = 60_000;
const EXIT_TIMEOUT_MS = 2_000;
const MAX_STDERR = 4_096;

/** @typedef {Awaited<ReturnType<typeof startHost>>} Host */

/**
 * @param {string} contestant
 * @param {string} handler
 * @param {number} workers
 * @param {object} [settings]
 * @param {boolean} [settings.isReplacing] a worker that ends is replaced
 * @param {boolean} [settings.isReloading] a worker may end that another one has replaced
 * @param {import('./types.mjs').Address} [settings.address] without it a free port of 127.0.0.1
 * @param {boolean} [settings.withSecond] it serves a second port, too
 * @param {import('./types.mjs').RondoOptions} [settings.options] where a scenario is about them
 */
export async function startHost(
  contestant,
  handler,
  workers,
  {
    isReplacing = false,
    isReloading = false,
    address = { host: '127.0.0.1', port: 0 },
    withSecond = false,
    options = {},
  } = {},
) {
  const start = performance.now();
  const mode = isReplacing ? ['replace'] : isReloading ? ['reload'] : [];
  const args = [contestant, handler, String(workers), ...mode];
  const child = fork(HOST, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...process.env,
      BENCH_HOST: address.host,
      BENCH_PORT: String(address.port),
      BENCH_OPTIONS: JSON.stringify(options),
      ...(withSecond && { BENCH_SECOND: '1' }),
    },
  });
  const primaryPid = /** @type {number} */ (child.pid);
  track(primaryPid);

  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-MAX_STDERR);
  });
  /** @type {Error | undefined} */
  let failure;
  /** @type {Promise<never>} */
  const failed = new Promise((_, reject) => {
    /** @param {Error} error */
    function fail(error) {
      failure = error;
      reject(error);
    }
    child.once('error', fail);
    // 'close' would wait for the workers too, who share the pipe; what the primary wrote has
    // arrived a turn after its exit.
    child.once('exit', (code, signal) =>
      setImmediate(() => fail(new Error(`the primary exited with ${signal ?? code}: ${stderr}`))),
    );
  });
  failed.catch(() => {});

  /** @type {Set<number>} of all workers there were */
  const pids = new Set();
  /** @type {number[]} of the workers that serve, by their number */
  const workerPids = [];
  /** @type {number[]} where a worker is a thread of its process */
  const workerThreads = [];
  child.on('message', (/** @type {any} */ message) => {
    if (message?.type === 'started') {
      pids.add(message.pid);
      track(message.pid);
    }
    if (message?.type !== 'serving') return;
    workerPids[message.index] = message.pid;
    if (message.thread !== undefined) workerThreads[message.index] = message.thread;
  });

  /**
   * The next message of this type, or an error if the primary ends or the time is up before.
   * @param {string} type
   * @param {number} timeoutMs
   * @returns {Promise<any>}
   */
  async function message(type, timeoutMs) {
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        reject,
        timeoutMs,
        new Error(`no '${type}' in ${timeoutMs} ms: ${stderr}`),
      );
    });
    const received = new Promise((resolve) => {
      child.on('message', function listener(/** @type {any} */ message) {
        if (message?.type !== type) return;
        child.off('message', listener);
        resolve(message);
      });
    });
    try {
      return await Promise.race([received, failed, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function stop() {
    if (child.connected) child.disconnect();
    await ended([primaryPid, ...pids], EXIT_TIMEOUT_MS + workers * TIMEOUT_PER_WORKER_MS);
    child.stderr?.destroy();
  }

  try {
    const ready = await message('ready', READY_TIMEOUT_MS + workers * TIMEOUT_PER_WORKER_MS);
    return {
      port: /** @type {number} */ (ready.port),
      /** The one opened after it; 0 without `withSecond`. */
      secondPort: /** @type {number} */ (ready.secondPort ?? 0),
      /** Of the process that accepts, where the contestant has one of its own for it. */
      primaryPid: /** @type {number} */ (ready.primaryPid),
      /** How many names there are in replies. */
      servers: /** @type {number} */ (ready.servers),
      /** By the number of the worker; a replacement takes its predecessor's place when it serves. */
      workerPids,
      /** The same of workers that are threads, as Linux numbers them; nothing for those that are not. */
      workerThreads,
      /** From the start of the primary until all workers served. */
      readyMs: performance.now() - start,
      /** The same without the start of the primary's own process. */
      workersReadyMs: /** @type {number} */ (ready.ms),
      /** Why the primary ended, if it did. */
      failure: () => failure,
      /**
       * Blocks the primary's event loop; resolves after it, with how long it really was.
       * @param {number} ms
       * @returns {Promise<number>}
       */
      async block(ms) {
        child.send({ type: 'block', ms });
        return (await message('blocked', ms + READY_TIMEOUT_MS)).ms;
      },
      /**
       * Keeps a worker's event loop busy; resolves after it, with when that began (by process.hrtime) and how
       * long it really was.
       * @param {number} index
       * @param {number} ms
       * @returns {Promise<{ startMs: number, ms: number }>}
       */
      async loopWorker(index, ms) {
        child.send({ type: 'loop', index, ms });
        return message('looped', ms + READY_TIMEOUT_MS);
      },
      /**
       * Starts so many workers more; resolves when they serve.
       * @param {number} count
       */
      async grow(count) {
        child.send({ type: 'grow', count });
        await message('grown', READY_TIMEOUT_MS + count * TIMEOUT_PER_WORKER_MS);
      },
      /**
       * Replaces all workers, one after another; resolves when that is done, with how long it took.
       * @returns {Promise<number>}
       */
      async reload() {
        child.send({ type: 'reload' });
        return (await message('reloaded', workers * RELOAD_TIMEOUT_MS)).ms;
      },
      /**
       * False if that worker does not run.
       * @param {number} index
       * @param {'SIGSTOP' | 'SIGCONT' | 'SIGKILL'} name
       */
      signalWorker: (index, name) => signal(workerPids[index], name),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
