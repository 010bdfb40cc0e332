// A moderate load that comes at a fixed rate whether or not it is served, while the primary's event
// loop is blocked for 1 s in the middle. The longest wait tells who needs that loop to accept.
//
// The rate is such that what comes in 1 s fits in the default backlog of 511: beyond that the
// kernel drops handshakes, and the client's retries would be measured instead.

import { setTimeout as delay } from 'node:timers/promises';
import { KINDS } from '../contestants/index.mjs';

const RATE = 400;
const BEFORE_MS = 200;
const BLOCK_MS = 1_000;
const LOAD_MS = 1_400;

/** @type {import('../lib/types.mjs').LoadScenario} */
export const blockedPrimary = {
  name: 'blocked-primary',
  about: `${RATE} connections/s, the primary's event loop blocked for 1 s`,
  contestants: KINDS,
  quick: { contestants: ['rondo-native', 'cluster-rr', 'cluster-none'] },
  columns: ['maxMs', 'p99Ms', 'p50Ms', 'rate', 'busiest', 'othersCores'],
  handler: 'storm',
  warmUp: { mode: 'storm', connections: 2_000, concurrency: 64 },
  load: () => ({
    mode: 'storm',
    connections: (RATE * LOAD_MS) / 1_000,
    concurrency: 1_024,
    rate: RATE,
  }),
  async during(host) {
    await delay(BEFORE_MS);
    return { blockedMs: await host.block(BLOCK_MS) };
  },
  // A block that was not one, or that outlasted the load, would make any contestant look good.
  findFault({ elapsedS }, { blockedMs = 0 }) {
    if (blockedMs < BLOCK_MS) return `the primary was blocked for ${blockedMs} ms only`;
    if (elapsedS * 1_000 < BEFORE_MS + BLOCK_MS) return 'the load ended before the block did';
    return undefined;
  },
};
