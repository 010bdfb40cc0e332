// One of the workers is stopped (SIGSTOP) for 1 s, under a moderate load at a fixed rate. Clients
// whose connection it has, or is given meanwhile, wait; how many, and how long? When it goes on, every
// one of them must still be served.

import { setTimeout as delay } from 'node:timers/promises';
import { KINDS } from '../contestants/index.mjs';

const RATE = 400;
const BEFORE_MS = 200;
const STALL_MS = 1_000;
const LOAD_MS = 1_400;
/** Longer than a wait that the scheduler of a busy machine causes. */
const LATE_MS = 50;

/** @type {import('../lib/types.mjs').LoadScenario} */
export const stalledWorker = {
  name: 'stalled-worker',
  about: `${RATE} connections/s, one worker stopped for 1 s; late: waited for more than ${LATE_MS} ms`,
  contestants: KINDS,
  columns: ['late', 'maxMs', 'p99Ms', 'p50Ms', 'meanMs', 'busiest', 'othersCores'],
  main: ['late', 'maxMs'],
  handler: 'storm',
  warmUp: { mode: 'storm', connections: 2_000, concurrency: 64 },
  load: () => ({
    mode: 'storm',
    connections: (RATE * LOAD_MS) / 1_000,
    concurrency: 1_024,
    rate: RATE,
    'late-ms': LATE_MS,
  }),
  async during(host) {
    await delay(BEFORE_MS);
    const start = performance.now();
    if (!host.signalWorker(0, 'SIGSTOP')) throw new Error('no worker to stop');
    try {
      await delay(STALL_MS);
      return { stalledMs: performance.now() - start };
    } finally {
      host.signalWorker(0, 'SIGCONT');
    }
  },
  findFault({ elapsedS }, { stalledMs = 0 }) {
    if (elapsedS * 1_000 < BEFORE_MS + stalledMs) return 'the load ended before the stall did';
    return undefined;
  },
};
