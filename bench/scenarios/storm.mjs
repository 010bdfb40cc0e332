// A storm of short connections: connect, read one short line to its end, close, 64 at a time. All
// there is to do is to get connections to workers, so its cost is what the rate shows.

import { FULL, QUICK } from '../contestants/index.mjs';

/** @type {import('../lib/types.mjs').LoadScenario} */
export const storm = {
  name: 'storm',
  about: 'connect, read one short line, close; 64 at a time',
  contestants: [...FULL, 'rondo-scraped'],
  quick: { contestants: QUICK },
  columns: [
    'rate',
    'primaryUs',
    'workersUs',
    'clientUs',
    'p50Ms',
    'p99Ms',
    'maxMs',
    'busiestRatio',
    'othersCores',
  ],
  compared: ['rate', 'primaryUs', 'serverUs'],
  handler: 'storm',
  warmUp: { mode: 'storm', connections: 8_000, concurrency: 64 },
  load: (connections = 20_000) => ({ mode: 'storm', connections, concurrency: 64 }),
};
