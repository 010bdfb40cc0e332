// One of the workers does nothing for 1 s: it is stopped (SIGSTOP), or its event loop is kept busy. Clients whose
// connection it has, or is given meanwhile, wait; how many, and how long? When it goes on, every one of them must
// still be served.
//
// Connections come at a fixed rate, in bursts, or each when the one before has ended. The longest wait is taken
// without those that the worker had received before, which can only wait for it.

import { setTimeout as delay } from 'node:timers/promises';
import { KINDS } from '../contestants/index.mjs';
import { findWrong } from '../lib/load.mjs';

const RATE = 400;
const BURST = 40;
const EVERY_MS = 50;
const CLIENTS = 16;
const BEFORE_MS = 200;
const STALL_MS = 1_000;
const LOAD_MS = 1_400;
/** Longer than a wait that the scheduler of a busy machine causes. */
const LATE_MS = 50;
/** More than a worker has received and not answered at one time. */
const SLOWEST = 64;

/** @type {Record<string, Partial<import('../lib/types.mjs').Load>>} */
const LOADS = {
  steady: { connections: (RATE * LOAD_MS) / 1_000, concurrency: 1_024, rate: RATE },
  bursts: {
    connections: (BURST * LOAD_MS) / EVERY_MS,
    concurrency: 2_048,
    burst: BURST,
    'every-ms': EVERY_MS,
  },
  'closed loop': { connections: 1e6, concurrency: CLIENTS, seconds: 2 },
};
const STALLS = ['stopped', 'looping'];

/** @type {import('../lib/types.mjs').LoadScenario} */
export const stalledWorker = {
  name: 'stalled-worker',
  about: `one worker does nothing for 1 s; late: waited for more than ${LATE_MS} ms`,
  contestants: KINDS,
  columns: ['late', 'othersMaxMs', 'maxMs', 'p99Ms', 'p50Ms', 'rate', 'busiest', 'othersCores'],
  main: ['late', 'othersMaxMs'],
  isHeadline: ({ load, worker }) => load === 'steady' && worker === 'stopped',
  variants: () =>
    STALLS.flatMap((worker) =>
      Object.keys(LOADS).map((load) => ({
        parameters: { load, worker },
        ...(load !== 'steady' && {
          usual: ['rondo-native', 'cluster-rondo', 'cluster-rr', 'cluster-none'],
        }),
      })),
    ),
  handler: 'storm',
  warmUp: { mode: 'storm', connections: 2_000, concurrency: 64 },
  load: (_size, { parameters = {} }) => ({
    mode: 'storm',
    ...LOADS[parameters.load],
    'late-ms': LATE_MS,
    slowest: SLOWEST,
  }),
  async during(host, _load, _before, { parameters = {} }) {
    await delay(BEFORE_MS);
    return parameters.worker === 'stopped' ? stop(host) : loop(host);
  },
  // In the closed loop the load ends by time.
  judgesReplies: true,
  findFault(load, { stalledMs = 0 }) {
    if (load.elapsedS * 1_000 < BEFORE_MS + stalledMs) return 'the load ended before the stall did';
    return findWrong({ ...load, requests: load.started });
  },
};

/** @param {import('../lib/host-process.mjs').Host} host */
async function stop(host) {
  const start = now();
  if (!host.signalWorker(0, 'SIGSTOP')) throw new Error('no worker to stop');
  try {
    await delay(STALL_MS);
    return { stalledAtMs: start, stalledMs: now() - start };
  } finally {
    host.signalWorker(0, 'SIGCONT');
  }
}

/** @param {import('../lib/host-process.mjs').Host} host */
async function loop(host) {
  const { startMs, ms } = await host.loopWorker(0, STALL_MS);
  return { stalledAtMs: startMs, stalledMs: ms };
}

/** By the clock of the load generator. */
function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}
