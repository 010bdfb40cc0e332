// Runs the load generator (../../bench/README.md says what it counts).
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { track } from '../../bench/lib/processes.mjs';
import { mark } from './leftovers.mjs';

/** @typedef {import('../../bench/lib/types.mjs').LoadReport} LoadReport */

export const LOADGEN = fileURLToPath(new URL('../../build/Release/loadgen', import.meta.url));

/**
 * Longer than anything may take that ends well. The longest: a worker hangs, and just before it would be found
 * (hangTimeoutMs and a look) a reload has it drain, after which it is killed (drainTimeoutMs, killTimeoutMs).
 */
export const HANG_MS = 5_000;
/** The generator's own limit. */
const MOST_REQUESTS = 5_000_000;

/**
 * @typedef {object} LoadOptions
 * @property {number} port
 * @property {number} concurrency
 * @property {number} seconds no new request after that
 * @property {number} [requests] how many at most
 * @property {number} [rate] per second
 */

/**
 * `end()` ends it early; requests that are under way are `unfinished` then.
 * @param {'keep-alive' | 'http'} mode
 * @param {LoadOptions} options
 */
export function startLoad(mode, { requests = MOST_REQUESTS, rate = 0, ...rest }) {
  const number = mode === 'http' ? 'connections' : 'requests';
  // Between two requests a connection may go to another worker.
  const moves = mode === 'http' ? {} : { moves: 1 };
  const options = { ...rest, ...moves, rate, [number]: requests, 'hang-ms': HANG_MS };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(LOADGEN, [mode, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...mark },
  });
  track(child.pid);
  return { report: reportOf(child), end: () => void child.kill('SIGINT') };
}

/**
 * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, import('node:stream').Readable>} child
 * @returns {Promise<LoadReport>}
 */
function reportOf(child) {
  let out = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    error += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      if (out === '' || error !== '') reject(new Error(`load generator: ${error || 'no report'}`));
      else resolve(JSON.parse(out));
    });
  });
}
