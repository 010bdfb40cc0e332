// How a supervised server is told to stop by those who start servers, each time with requests in flight:
// they are answered, nobody is started any more, and the process ends by itself.
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { HANG_MS } from './load.mjs';
import { BOUND_MS, until } from './wait.mjs';

const IN_FLIGHT = 20;
const BETWEEN_SIGNALS_MS = 10;

/** @type {Record<string, (program: import('./program.mjs').Program) => Promise<void>>} */
export const ENDINGS = {
  async 'two SIGTERM'(program) {
    program.signal('SIGTERM');
    await delay(BETWEEN_SIGNALS_MS);
    program.signal('SIGTERM');
  },
  'SIGTERM to the group': async (program) => program.signalGroup('SIGTERM'),
  'SIGINT to the group': async (program) => program.signalGroup('SIGINT'),
  async 'SIGTERM and SIGHUP to the group'(program) {
    program.signalGroup('SIGTERM');
    await delay(BETWEEN_SIGNALS_MS);
    program.signalGroup('SIGHUP');
  },
};

/**
 * @typedef {object} Ending
 * @property {string} name
 * @property {number} failed requests
 * @property {number} started workers, after the signal to stop
 * @property {number} ms until all had stopped
 */

/**
 * @param {import('./program.mjs').Program} program
 * @param {string} name
 * @returns {Promise<Ending>}
 */
export async function endBy(program, name) {
  const responses = await Promise.all(Array.from({ length: IN_FLIGHT }, () => ask(program.port)));
  const answers = responses.map(answerOf);
  let started = 0;
  let isStopped = false;
  program.on('told', (event) => {
    if (event === 'worker:starting') started++;
    if (event === 'stopped') isStopped = true;
  });
  const startedAt = performance.now();
  await ENDINGS[name](program);
  const errors = (await Promise.all(answers)).filter((error) => error !== null);
  await until(`${name}: stopped`, () => isStopped || program.isGone, BOUND_MS);
  const ms = Math.round(performance.now() - startedAt);
  return { name, failed: errors.length, started, ms };
}

/**
 * Resolves when it is being answered.
 * @param {number} port
 * @returns {Promise<http.IncomingMessage>}
 */
async function ask(port) {
  const options = { host: '127.0.0.1', port, path: '/slow', agent: false, timeout: HANG_MS };
  const request = http.get(options);
  request.on('timeout', () => request.destroy(new Error('hung')));
  const [response] = await once(request, 'response');
  return response;
}

/**
 * An error, or null.
 * @param {http.IncomingMessage} response
 * @returns {Promise<Error | null>}
 */
function answerOf(response) {
  return new Promise((resolve) => {
    response.resume().on('error', resolve);
    response.on('end', () => resolve(null));
  });
}
