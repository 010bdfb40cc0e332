// A client of the program's Unix path, which is removed again and again. While it is gone nobody can
// connect; what counts is for how long, and that nothing else fails.
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { HANG_MS } from './load.mjs';

const EVERY_MS = 20;
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED']);

/**
 * @typedef {object} PathReport
 * @property {number} ok
 * @property {number} longestGapMs without an answer, because the path led to nobody
 * @property {Record<string, number>} failures
 */

/**
 * Asks again and again until `end()`, which resolves with what came of it.
 * @param {string} socketPath
 */
export function askAtPath(socketPath) {
  /** @type {PathReport} */
  const report = { ok: 0, longestGapMs: 0, failures: {} };
  let isOver = false;
  let lastAt = performance.now();

  async function run() {
    // Not before it is there again: who comes later has waited, too.
    for (let isGone = false; !isOver || isGone; ) {
      const error = await ask(socketPath);
      isGone = error !== null && NOBODY.has(error) && performance.now() - lastAt < HANG_MS * 2;
      if (error === null) report.ok++;
      else if (!NOBODY.has(error)) report.failures[error] = (report.failures[error] ?? 0) + 1;
      if (isGone) report.longestGapMs = Math.max(report.longestGapMs, performance.now() - lastAt);
      else lastAt = performance.now();
      await delay(EVERY_MS);
    }
    return report;
  }
  const done = run();
  return {
    end() {
      isOver = true;
      return done;
    },
  };
}

/**
 * The error's code, or null.
 * @param {string} socketPath
 * @returns {Promise<string | null>}
 */
function ask(socketPath) {
  return new Promise((resolve) => {
    const request = http.get({ socketPath, agent: false, timeout: HANG_MS }, (response) => {
      response.on('error', (error) => resolve(codeOf(error)));
      response.resume().on('end', () => resolve(null));
    });
    request.on('timeout', () => request.destroy(Object.assign(new Error(), { code: 'hung' })));
    request.on('error', (error) => resolve(codeOf(error)));
  });
}

/** @param {NodeJS.ErrnoException} error */
function codeOf(error) {
  return error.code ?? error.message;
}
