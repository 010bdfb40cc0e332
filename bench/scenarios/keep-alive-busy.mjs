// Requests that need a worker's CPU, on connections that stay: 3 ms, and 20 in 5 of 100. A request on the connection
// of a worker that is busy waits, although another worker may have nothing to do: who deals connections cannot help.
//
// An open loop: each request is due at a time of its own, on any idle connection, and waits from then. In a closed
// loop 50 clients would keep both workers busy all the time, and nobody could have been served sooner elsewhere. The rate is
// 72 % of what all workers together can do, so on 2 cores half of one is left to client and primary.
import { capacityOf, HANDLER, SLOW_PERCENT } from '../lib/capacity.mjs';
import { busiestByMean } from '../lib/clocks.mjs';
import { findWrong, runLoad } from '../lib/load.mjs';
import { measuredLoad, withHost } from '../lib/with-host.mjs';

const CLIENTS = 50;
const SHARE = 0.72;
const SECONDS = 10;
/** Twice a second rondo decides whether connections move, and V8 compiles what runs often. */
const WARM_UP = 2_000;

/** @satisfies {import('../lib/types.mjs').OwnScenario} */
export const keepAliveBusy = {
  name: 'keep-alive-busy',
  about: `${CLIENTS} keep-alive connections, a fixed rate; handler 3 ms of CPU, in ${SLOW_PERCENT} % 20 ms`,
  expected:
    'A request waits for its worker, also while another one is free, unless its connection may go there. Moving gains ' +
    'nothing where all workers are busy or none is: at full load and with instant replies; nor for HTTP/2, TLS and ' +
    'upgraded connections, which stay with their worker, and within a single slow request.',
  contestants: [
    'rondo-native',
    'rondo-off',
    'rondo-always',
    'cluster-rr',
    'cluster-none',
    'pm2',
    'watt',
    'handle-shared',
    'reuseport',
  ],
  columns: [
    'p99Ms',
    'p50Ms',
    'p90Ms',
    'maxMs',
    'busiestRequests',
    'busiestCpu',
    'moved',
    'primaryUs',
    'workersUs',
    'rateAsked',
    'othersCores',
  ],
  main: ['p99Ms', 'busiestRequests'],
  measure: (task) => measureSlowRequests(task, { handler: HANDLER, clients: CLIENTS }),
};

/**
 * @param {import('../lib/types.mjs').Task} task
 * @param {{ handler: string, clients: number }} setting
 */
export async function measureSlowRequests(
  { contestant, workers, size, loadgen },
  { handler, clients },
) {
  const capacity = await capacityOf(workers, loadgen, handler);
  const rate = Math.round(SHARE * capacity);
  const requests = clients + (size ?? rate * SECONDS);
  const asked = askedFor(requests, rate, clients);
  return withHost(contestant, handler, workers, {}, async (host) => {
    const warm = await runLoad(
      loadgen,
      host.port,
      askedFor(Math.min(WARM_UP, requests), rate, clients),
    );
    const warmFault = findWrong(warm);
    if (warmFault) return { asked, reason: `warm-up: ${warmFault}` };
    const { load, before, after, cpuUs, othersCores } = await measuredLoad(host, loadgen, asked);
    const fault = findWrong(load);
    return {
      asked,
      load,
      cpuUs,
      othersCores,
      observed: { capacity, busiestCpu: busiestByMean(before, after) },
      ...(fault && { reason: fault }),
    };
  });
}

/**
 * @param {number} requests with one on each connection, which opens it and does not count
 * @param {number} rate
 * @param {number} clients
 * @returns {import('../lib/types.mjs').Load}
 */
function askedFor(requests, rate, clients) {
  return {
    mode: 'keep-alive',
    requests,
    concurrency: clients,
    opening: clients,
    rate,
    random: 1,
    moves: 1,
    'slow-percent': SLOW_PERCENT,
    seconds: Math.ceil((2 * requests) / rate),
  };
}
