// Few slow requests among many fast ones: 23 a second keep their worker for 20 ms each, 401 a second
// have next to nothing to do. What a fast one waits for is a slow one that its worker has at hand, so
// its latency tells whether a connection is given to a worker that cannot take it.
//
// Both come at fixed rates. These have no common factor with each other or with small numbers of
// workers: no policy that deals in turn can have the slow ones always meet the same worker.
import { KINDS } from '../contestants/index.mjs';

const FAST_RATE = 401;
const SLOW_RATE = 23;
const SECONDS = 3;

/** @type {import('../lib/types.mjs').LoadScenario} */
export const mixed = {
  name: 'mixed',
  about: `${FAST_RATE} fast requests/s and ${SLOW_RATE}/s that take 20 ms of CPU; latency of the fast`,
  contestants: [...KINDS, 'rondo-least-connections'],
  columns: ['p99Ms', 'p50Ms', 'meanMs', 'stddevMs', 'maxMs', 'slowP50Ms', 'busiest', 'othersCores'],
  main: ['p99Ms', 'meanMs'],
  handler: 'mixed',
  warmUp: { mode: 'http', connections: 2_000, concurrency: 64, path: '/fast' },
  load: (requests = FAST_RATE * SECONDS) => ({
    mode: 'http',
    path: '/fast',
    connections: requests,
    concurrency: 1_024,
    rate: FAST_RATE,
  }),
  background: {
    mode: 'http',
    path: '/slow',
    connections: SLOW_RATE * SECONDS,
    concurrency: 1_024,
    rate: SLOW_RATE,
  },
};
