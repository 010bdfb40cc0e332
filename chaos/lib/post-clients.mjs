// Clients that POST on keep-alive connections and try nothing twice: a close that meets their request costs it. A
// connection that was closed while nobody used it is opened anew.
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { HANG_MS } from './load.mjs';

const CLIENTS = 32;
/** Longer than an idle connection's grace, at times. */
const LONGEST_PAUSE_MS = 400;

/**
 * @typedef {object} PostReport
 * @property {number} ok
 * @property {number} closed connections that were closed between two requests
 * @property {number} crossed of the failed ones: on such a connection, whose end was read in place of an answer
 * @property {Record<string, number>} failures by the error's code, those that crossed included
 */

/**
 * Posts again and again until `end()`, which resolves with what came of it.
 * @param {number} port
 */
export function postAtPort(port) {
  /** @type {PostReport} */
  const report = { ok: 0, closed: 0, crossed: 0, failures: {} };
  let isOver = false;

  async function run() {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    while (!isOver) {
      const { error, isReused } = await post(port, agent);
      if (error === null) report.ok++;
      else report.failures[error] = (report.failures[error] ?? 0) + 1;
      if (error === 'EOF' && isReused) report.crossed++;
      const [idle] = Object.values(agent.freeSockets).flat();
      await delay(Math.random() * LONGEST_PAUSE_MS);
      if (idle?.destroyed) report.closed++;
    }
    agent.destroy();
  }
  const done = Promise.all(Array.from({ length: CLIENTS }, run));
  return {
    async end() {
      isOver = true;
      await done;
      return report;
    },
  };
}

/**
 * The error's code, or null.
 * @param {number} port
 * @param {http.Agent} agent
 * @returns {Promise<{ error: string | null, isReused: boolean }>}
 */
function post(port, agent) {
  const body = 'x'.repeat(1 + Math.floor(Math.random() * 5_000));
  return new Promise((resolve) => {
    const headers = { 'Content-Length': body.length };
    const request = http.request(
      { port, host: '127.0.0.1', method: 'POST', agent, headers, timeout: HANG_MS },
      (response) => {
        response.on('error', (error) => done(codeOf(error)));
        response.resume().on('end', () => done(null));
      },
    );
    const done = (/** @type {string | null} */ error) =>
      resolve({ error, isReused: request.reusedSocket });
    request.on('timeout', () => request.destroy(Object.assign(new Error(), { code: 'hung' })));
    request.on('error', (error) => done(codeOf(error)));
    request.end(body);
  });
}

/** Node says of an end that comes before an answer that it is a reset. @param {NodeJS.ErrnoException} error */
function codeOf(error) {
  return error.message === 'socket hang up' ? 'EOF' : (error.code ?? error.message);
}
