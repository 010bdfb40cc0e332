// All workers are replaced, one after another, ten times in a row, while clients go on: what do they see? A server that
// closes an idle connection cannot know that a request is on its way to it, and a client may not send a POST again by
// itself (RFC 9110, 9.2.2). So each connection closed by the server is counted, and each request that failed of it.
//
// A request waits 20 ms for somebody else, as for a database: at each moment some are under way.
import { setTimeout as delay } from 'node:timers/promises';
import { findWrong, runLoad } from '../lib/load.mjs';
import { withHost } from '../lib/with-host.mjs';

const RELOADS = 10;
/** From one to the next. */
const PAUSE_MS = 100;
const RATE = 200;
const SECONDS_BEFORE = 4;
const CLIENTS = 64;
/** As many as could be under way if nobody were served for a second. */
const MAX_UNDER_WAY = 256;
/** Longer than ten reloads take anybody here; the load ends when they are done. */
const SECONDS = 590;
const MANY = 1e6;
/** What a client sees of a server that is gone. Anything else is a fault of one or the other. */
const EXPECTED = new Set(['ECONNRESET', 'EOF', 'EPIPE']);

/** @type {Record<string, import('../lib/types.mjs').Load>} */
const LOADS = {
  'keep-alive': {
    mode: 'keep-alive',
    concurrency: CLIENTS,
    opening: CLIENTS,
    rate: RATE,
    random: 1,
    moves: 1,
    post: 1,
  },
  'new connections': { mode: 'http', concurrency: MAX_UNDER_WAY, rate: RATE, post: 1 },
};

/** @type {import('../lib/types.mjs').OwnScenario} */
export const reload = {
  name: 'reload',
  about: `${RELOADS} rolling reloads in a row; POSTs that wait 20 ms, never sent again`,
  expected:
    'A new connection goes to a worker that stays, so none fails. A connection that is open has to be closed, ' +
    'unless it can be moved, and a POST may meet the close. Moving gains nothing for clients that open a connection for ' +
    'each request, and for those that send again what failed; a request under way is answered where it is.',
  contestants: ['rondo-supervisor', 'cluster-rondo', 'cluster-rr', 'pm2', 'watt'],
  columns: [
    'closedByServer',
    'failedRequests',
    'hungRequests',
    'p99ByBefore',
    'p99Ms',
    'beforeP99Ms',
    'maxMs',
    'reloadMs',
    'rate',
  ],
  main: ['closedByServer', 'failedRequests', 'p99ByBefore'],
  variants: () => Object.keys(LOADS).map((load) => ({ parameters: { load } })),
  async measure({ contestant, workers, variant, size, loadgen }) {
    const load = LOADS[variant.parameters?.load ?? 'keep-alive'];
    const before = { ...load, ...countOf(load, size ?? RATE * SECONDS_BEFORE) };
    const asked = { ...load, ...countOf(load, MANY), 'end-at-eof': 1, seconds: SECONDS };
    return withHost(contestant, 'wait', workers, { isReloading: true }, async (host) => {
      const calm = await runLoad(loadgen, host.port, before);
      const calmFault = findWrong(calm);
      if (calmFault) return { asked, reason: `before: ${calmFault}` };
      /** @type {number[]} */
      const times = [];
      const during = await runLoad(loadgen, host.port, asked, async () => {
        while (times.length < RELOADS) {
          await delay(PAUSE_MS);
          times.push(await host.reload());
        }
        await delay(PAUSE_MS);
      });
      const fault = findUnexpected(during);
      return {
        asked,
        load: during,
        observed: {
          beforeP99Ms: calm.latencyMs.p99,
          reloads: times.length,
          reloadMs: times.reduce((sum, ms) => sum + ms, 0) / times.length,
        },
        ...(fault && { reason: fault }),
      };
    });
  },
};

/**
 * Both name their number in their own way.
 * @param {import('../lib/types.mjs').Load} load
 * @param {number} count
 */
function countOf({ mode, opening = 0 }, count) {
  return mode === 'keep-alive' ? { requests: opening + count } : { connections: count };
}

/** @param {import('../lib/types.mjs').LoadReport} load */
function findUnexpected({ failures, elapsedS }) {
  const unexpected = Object.keys(failures).filter((kind) => !EXPECTED.has(kind));
  if (unexpected.length > 0) return `failed with ${unexpected.join(', ')}`;
  return elapsedS >= SECONDS ? 'the load ended before the reloads did' : undefined;
}
