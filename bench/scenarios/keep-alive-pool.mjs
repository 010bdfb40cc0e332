// A pool of connections that was opened while half of the workers were there: after a deploy, or when workers are added. The
// others join, and then the pool is used evenly, at 40 % of what all workers can do. A connection that stays with its
// worker leaves those idle that have come later.
import { setTimeout as delay } from 'node:timers/promises';
import { capacityOf, HANDLER, SLOW_PERCENT } from '../lib/capacity.mjs';
import { busiestByMean } from '../lib/clocks.mjs';
import { findWrong, runLoad } from '../lib/load.mjs';
import { measuredLoad, withHost } from '../lib/with-host.mjs';

const CONNECTIONS = 100;
const SHARE = 0.4;
const SECONDS = 8;
/** Of these, so much at the start is for finding out. */
const START = 0.5;
/** A worker that has just joined is warm by then. */
const SETTLE_MS = 200;
const WARM_UP = { connections: 200, concurrency: 16 };

/** @type {import('../lib/types.mjs').OwnScenario} */
export const keepAlivePool = {
  name: 'keep-alive-pool',
  about: `${CONNECTIONS} connections opened before half of the workers are there; then a fixed rate`,
  expected:
    'Without moving, the workers that were there first keep all of the pool: the busiest has twice the mean of 2 workers. ' +
    'Moving gains nothing for connections that are opened anew often enough: those are dealt evenly as they come.',
  contestants: [
    'rondo-native',
    'rondo-off',
    'rondo-always',
    'cluster-rr',
    'cluster-none',
    'pm2',
    'watt',
    'reuseport',
  ],
  columns: [
    'busiestRequests',
    'p99Ms',
    'p50Ms',
    'maxMs',
    'busiestCpu',
    'moved',
    'rateAsked',
    'othersCores',
  ],
  main: ['busiestRequests', 'p99Ms'],
  variants: ({ workers }) => [{ workers: Math.max(2, workers) }],
  async measure({ contestant, workers, size, loadgen }) {
    const capacity = await capacityOf(workers, loadgen);
    const rate = Math.round(SHARE * capacity);
    const requests = size ?? rate * SECONDS;
    const asked = askedFor(requests, rate);
    const first = Math.floor(workers / 2);
    return withHost(contestant, HANDLER, first, {}, async (host) => {
      const warmUp = await runLoad(loadgen, host.port, { mode: 'http', ...WARM_UP });
      const warmFault = findWrong(warmUp);
      if (warmFault) return { asked, reason: `warm-up: ${warmFault}` };
      const join = async () => {
        await host.grow(workers - first);
        await delay(SETTLE_MS);
      };
      const measured = await measuredLoad(host, loadgen, asked, join);
      const fault = findWrong(measured.load);
      return {
        asked,
        load: measured.load,
        othersCores: measured.othersCores,
        observed: { capacity, busiestCpu: busiestByMean(measured.before, measured.after) },
        ...(fault && { reason: fault }),
      };
    });
  },
};

/**
 * @param {number} requests
 * @param {number} rate
 * @returns {import('../lib/types.mjs').Load}
 */
function askedFor(requests, rate) {
  return {
    mode: 'keep-alive',
    requests: CONNECTIONS + requests,
    concurrency: CONNECTIONS,
    opening: CONNECTIONS,
    'begin-at-eof': 1,
    rate,
    random: 1,
    moves: 1,
    'slow-percent': SLOW_PERCENT,
    skip: CONNECTIONS + Math.round(START * requests),
    // The wait for those that join, too.
    seconds: Math.ceil((2 * requests) / rate) + 40,
  };
}
