// Two ports that the same workers serve. One is flooded: 100 clients, and a handler that keeps its worker busy for
// 3 ms. The other has one request at a time of the same kind: how long does it wait, beside the time when nobody
// floods the first? Whoever accepts from the first port for as long as there is something never gets to it.
//
// Both orders of opening are asked, for a dealer may begin with the listener that was opened first, or last; a quick
// run has time for one.
import { KINDS } from '../contestants/index.mjs';
import { startHost } from '../lib/host-process.mjs';
import { findFault, findWrong, runLoad } from '../lib/load.mjs';

const CLIENTS = 100;
const REQUESTS = 200;
/** Neither port has a new request after so long: all of this one's are asked while the other is flooded. */
const REQUESTS_PER_SECOND = 100;
const WARM_UP = 160;
const ORDERS = ['first', 'second'];

/** @type {import('../lib/types.mjs').OwnScenario} */
export const twoListeners = {
  name: 'two-listeners',
  about: `${CLIENTS} clients flood one port; latency of one request at a time on another`,
  contestants: KINDS,
  quick: { contestants: ['rondo-native', 'cluster-rr'], connections: 100 },
  columns: ['p99Ms', 'p99ByQuiet', 'p50Ms', 'maxMs', 'quietP99Ms', 'floodRate'],
  main: ['p99Ms', 'p99ByQuiet'],
  variants: ({ full }) =>
    ORDERS.slice(0, full ? 2 : 1).map((flooded) => ({ parameters: { flooded } })),
  async measure({ contestant, workers, variant, size = REQUESTS, loadgen }) {
    const host = await startHost(contestant, 'busy', workers, { withSecond: true });
    try {
      const ports = [host.port, host.secondPort];
      const [flooded, other] =
        variant.parameters?.flooded === ORDERS[0] ? ports : ports.toReversed();
      const warmUp = { mode: HTTP, connections: WARM_UP, concurrency: 16 };
      for (const port of ports) {
        const fault = findFault(await runLoad(loadgen, port, warmUp), host.servers);
        if (fault) return { reason: `warm-up: ${fault}` };
      }
      const seconds = Math.ceil(size / REQUESTS_PER_SECOND);
      const one = { mode: HTTP, connections: size, concurrency: 1, seconds };
      const flood = { mode: HTTP, connections: 1e6, concurrency: CLIENTS, seconds };
      const quiet = await runLoad(loadgen, other, one);
      const [load, background] = await Promise.all([
        runLoad(loadgen, other, one),
        runLoad(loadgen, flooded, flood),
      ]);
      const fault = [quiet, load, background].map(findWrongOfStarted).find(Boolean);
      return {
        asked: one,
        load,
        background,
        observed: { quietP99Ms: quiet.latencyMs.p99 },
        ...(fault && { reason: fault }),
      };
    } catch (error) {
      throw host.failure() ?? error;
    } finally {
      await host.stop();
    }
  },
};

const HTTP = /** @type {const} */ ('http');

/**
 * They end by time: all that were started must have had their reply.
 * @param {import('../lib/types.mjs').LoadReport} load
 */
function findWrongOfStarted(load) {
  return findWrong({ ...load, requests: load.started });
}
