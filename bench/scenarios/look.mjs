// What does it cost to look at the first bytes of a connection before it is dealt? Requests on connections of their own, as
// in `busy`, and a handler that has nothing to do. With a PROXY header the client sends 43 bytes more, and the worker reads
// them.
import { findFault } from '../lib/load.mjs';
import { measuredLoad, withHost } from '../lib/with-host.mjs';

const CONCURRENCY = 64;

/**
 * What each listener looks at.
 * @type {Record<string, { about: string, listen: object, load?: object }>}
 */
const LOOKS = {
  'dealt-at-once': { about: 'no look: a connection is dealt as it comes', listen: {} },
  'proxy-protocol': {
    about: 'a PROXY header of version 1, from everywhere on this machine',
    listen: { proxyProtocol: { from: '127.0.0.0/8' } },
    load: { proxy: 1 },
  },
  'sticky-cookie': {
    about: 'a cookie decides, which no client has',
    listen: { sticky: 'cookie:sid' },
  },
};

/** @type {import('../lib/types.mjs').OwnScenario} */
export const look = {
  name: 'look',
  about: 'HTTP, Connection: close; the first bytes are looked at, and not',
  ownContestants: Object.fromEntries(
    Object.entries(LOOKS).map(([name, { about }]) => [name, about]),
  ),
  columns: ['rate', 'primaryUs', 'workersUs', 'serverUs', 'p50Ms', 'p99Ms'],
  main: ['serverUs'],
  compared: ['primaryUs', 'serverUs'],
  async measure({ contestant, workers, size = 20_000, loadgen }) {
    const { listen, load } = LOOKS[contestant];
    const asked = line({ connections: size, concurrency: CONCURRENCY, ...load });
    const warmUp = line({ connections: 4_000, concurrency: CONCURRENCY, ...load });
    return withHost('rondo-native', 'hello', workers, { options: { listen } }, async (host) => {
      const { load: warm } = await measuredLoad(host, loadgen, warmUp);
      const { load, cpuUs, othersCores } = await measuredLoad(host, loadgen, asked);
      const fault = findFault(warm, host.servers) ?? findFault(load, host.servers);
      return { asked, load, cpuUs, othersCores, ...(fault && { reason: fault }) };
    });
  },
};

/** @param {Omit<import('../lib/types.mjs').Load, 'mode'>} load */
function line(load) {
  return /** @type {import('../lib/types.mjs').Load} */ ({ mode: 'http', ...load });
}
