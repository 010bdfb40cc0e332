// The runner's side of ../host.mjs: starts a contestant's primary, which starts its workers, and
// ends all of them.
import { fork } from 'node:child_process';
import { ended, track } from './processes.mjs';

const HOST = new URL('../host.mjs', import.meta.url);
const READY_TIMEOUT_MS = 10_000;
const EXIT_TIMEOUT_MS = 2_000;
const MAX_STDERR = 4_096;

/**
 * @param {string} contestant
 * @param {string} handler
 * @param {number} workers
 */
export async function startHost(contestant, handler, workers) {
  const child = fork(HOST, [contestant, handler, String(workers)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  track(child.pid);

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

  /** @type {number[]} */
  let pids = [];

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
    await ended([/** @type {number} */ (child.pid), ...pids], EXIT_TIMEOUT_MS);
    child.stderr?.destroy();
  }

  try {
    const ready = await message('ready', READY_TIMEOUT_MS);
    pids = ready.pids;
    for (const pid of pids) track(pid);
    return {
      port: /** @type {number} */ (ready.port),
      primaryPid: /** @type {number} */ (child.pid),
      workerPids: pids,
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
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
