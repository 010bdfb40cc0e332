// For scenarios with programs of their own: runs one that tells its parent {type: 'started', pid} of each
// process it has started, and at last {type: 'result', ...} or {type: 'result', fault}.
import { fork } from 'node:child_process';
import { ended, track } from './processes.mjs';

const TIMEOUT_MS = 20_000;

/**
 * @template Result
 * @param {URL} program
 * @param {string[]} args
 * @param {string[]} [execArgv]
 * @param {number} [timeoutMs]
 * @returns {Promise<Result & { fault?: string }>}
 */
export async function runProgram(program, args, execArgv = [], timeoutMs = TIMEOUT_MS) {
  const child = fork(program, args, { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  /** @type {number[]} */
  const pids = [];
  /** @param {number | undefined} pid */
  function own(pid) {
    if (pid === undefined) return;
    track(pid);
    pids.push(pid);
  }
  own(child.pid);
  try {
    return await resultOf(child, own, timeoutMs);
  } finally {
    if (child.connected) child.disconnect();
    await ended(pids, 1_000);
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {(pid: number) => void} onStarted
 * @param {number} timeoutMs
 * @returns {Promise<any>}
 */
function resultOf(child, onStarted, timeoutMs) {
  return new Promise((resolve, reject) => {
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const timer = setTimeout(reject, timeoutMs, new Error(`no result in ${timeoutMs} ms`));
    child.on('message', (/** @type {any} */ message) => {
      if (message.type === 'started') return onStarted(message.pid);
      clearTimeout(timer);
      resolve(message);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the program exited with ${signal ?? code}: ${stderr.slice(0, 1_000)}`));
    });
  });
}
