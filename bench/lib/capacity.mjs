// How many requests of a handler all workers together can do in a second, on this machine: asked once in a run, so that all
// contestants of all rounds have the same load.
//
// By plain node:cluster, which deals connections that are opened one at a time evenly, in a closed loop: client and
// primary have their share of the cores meanwhile, as they have later.
import { findWrong, runLoad } from './load.mjs';
import { withHost } from './with-host.mjs';

const CONTESTANT = 'cluster-rr';
export const HANDLER = 'work';
export const SLOW_PERCENT = 5;
/** So that a worker always finds a request. */
const CLIENTS_PER_WORKER = 4;
/** The best of these: what else goes on in the machine can only take something away. */
const TRIES = 3;
const SECONDS = 2;

/** @type {Map<string, Promise<number>>} by the handler and the number of workers */
const known = new Map();

/**
 * Requests per second.
 * @param {number} workers
 * @param {string} loadgen
 * @param {string} [handler]
 */
export function capacityOf(workers, loadgen, handler = HANDLER) {
  const key = `${handler} ${workers}`;
  const capacity = known.get(key) ?? measure(workers, loadgen, handler);
  known.set(key, capacity);
  return capacity;
}

/**
 * @param {number} workers
 * @param {string} loadgen
 * @param {string} handler
 */
function measure(workers, loadgen, handler) {
  return withHost(CONTESTANT, handler, workers, {}, async ({ port }) => {
    const rates = [];
    for (let count = 0; count < TRIES; count++) {
      const load = await runLoad(loadgen, port, {
        mode: 'keep-alive',
        requests: 1e6,
        concurrency: CLIENTS_PER_WORKER * workers,
        opening: 1,
        'slow-percent': SLOW_PERCENT,
        seconds: SECONDS,
      });
      const fault = findWrong({ ...load, requests: load.started });
      if (fault) throw new Error(`capacity: ${fault}`);
      rates.push(load.rate);
    }
    return Math.max(...rates);
  });
}
