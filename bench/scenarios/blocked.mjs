// A moderate load that comes at a fixed rate whether or not it is served, while the primary's event
// loop is blocked for 1 s in the middle. The longest wait tells who needs that loop to accept.
//
// The rate is such that what comes in 1 s fits in the default backlog of 511: beyond that the
// kernel drops handshakes, and the client's retries would be measured instead.
const RATE = 400;
const BLOCK = { afterMs: 200, ms: 1_000 };
const LOAD_MS = 1_400;

/** @type {import('../lib/types.mjs').Scenario} */
export const blocked = {
  name: 'blocked',
  about: `${RATE} connections/s, the primary's event loop blocked for 1 s`,
  columns: ['maxMs', 'p99Ms', 'p50Ms', 'rate', 'busiest', 'othersCores'],
  handler: 'storm',
  warmUp: { mode: 'storm', connections: 2_000, concurrency: 64 },
  load: () => ({
    mode: 'storm',
    connections: (RATE * LOAD_MS) / 1_000,
    concurrency: 1_024,
    rate: RATE,
  }),
  block: BLOCK,
};
