// Handlers that keep their worker busy for 3 ms, 50 clients, a connection per request. The rate is
// the handlers' and the same for all; what differs is where connections queue. In a worker's own
// queue they wait for that worker alone, and the standard deviation of latency shows it.
//
// The first clients find no queue and the next ones a short one. Until all 50 have been through it
// the latency rises from 3 ms to 75 ms for every contestant alike, and that rise would be most of
// the deviation measured. So it does not count; the deviation with it is shown beside.
import { KINDS } from '../contestants/index.mjs';

const CLIENTS = 50;

/** @type {import('../lib/types.mjs').LoadScenario} */
export const busy = {
  name: 'busy',
  about: `HTTP, Connection: close, handler busy for 3 ms; ${CLIENTS} clients`,
  contestants: [
    ...KINDS,
    'rondo-least-connections',
    'rondo-unbounded',
    'bare-dispatcher',
    'single',
  ],
  quick: {
    contestants: ['rondo-native', 'cluster-rr', 'cluster-none', 'reuseport'],
    connections: 1_000,
  },
  columns: [
    'stddevMs',
    'stddevAllMs',
    'meanMs',
    'p99Ms',
    'maxMs',
    'rate',
    'primaryUs',
    'workersUs',
    'busiest',
    'othersCores',
  ],
  handler: 'busy',
  warmUp: { mode: 'http', connections: 2 * CLIENTS, concurrency: CLIENTS },
  load: (connections = 1_500) => ({
    mode: 'http',
    connections,
    concurrency: CLIENTS,
    skip: 2 * CLIENTS,
  }),
};
