// A worker is killed (SIGKILL) every 200 ms, one after another, and replaced, under a load at a fixed
// rate. A connection that its worker had already taken fails with it, and a client sees that at
// once. One that hangs was lost on its way: nobody has it, and nobody closes it.
//
// A kill waits until half of the workers serve: on a slow machine a replacement takes longer to start, and
// without any worker it would be Node's cluster module that is tested, which then closes the port.
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning } from '../lib/processes.mjs';

const RATE = 2_000;
const SECONDS = 4;
const EVERY_MS = 200;
const HANG_MS = 2_000;
const MIN_WORKERS = 4;
/** Of the kills there would be if there always were enough workers. */
const MIN_SHARE_OF_KILLS = 0.25;
/** Fewer than a backlog has room for (511): beyond, the kernel's retries of the handshake would hang. */
const MAX_UNDER_WAY = 400;
/** What a client sees of a server that is gone. Anything else is a fault of one or the other. */
const EXPECTED = new Set(['ECONNRESET', 'EOF']);

/** @type {import('../lib/types.mjs').LoadScenario} */
export const killedWorkers = {
  name: 'killed-workers',
  about: `${RATE} connections/s, a worker killed every ${EVERY_MS} ms and replaced`,
  contestants: [
    'rondo-native',
    'cluster-rondo',
    'cluster-rr',
    'cluster-none',
    'send-socket',
    'reuseport',
  ],
  columns: ['hung', 'failed', 'refused', 'kills', 'maxMs', 'p99Ms', 'p50Ms', 'busiest'],
  main: ['hung', 'failed', 'p99Ms'],
  variants: ({ workers }) => [{ workers: Math.max(MIN_WORKERS, workers) }],
  handler: 'storm',
  isReplacing: true,
  warmUp: { mode: 'storm', connections: 4_000, concurrency: 64 },
  load: (connections = RATE * SECONDS) => ({
    mode: 'storm',
    connections,
    concurrency: MAX_UNDER_WAY,
    rate: RATE,
    'hang-ms': HANG_MS,
  }),
  async during(host, { connections = 0 }) {
    const turns = turnsIn(connections);
    let kills = 0;
    for (let turn = 0; turn < turns; turn++) {
      await delay(EVERY_MS);
      const serving = host.workerPids.filter(isRunning).length;
      if (serving <= host.workerPids.length / 2) continue;
      if (host.signalWorker(turn % host.workerPids.length, 'SIGKILL')) kills++;
      const failure = host.failure();
      if (failure) throw failure;
    }
    return { kills };
  },
  findFault({ requests, started, unfinished, failures }, { kills = 0 }) {
    if (started < requests || unfinished > 0)
      return `not all were asked: ${started} of ${requests}`;
    const unexpected = Object.keys(failures).filter((kind) => !EXPECTED.has(kind));
    if (unexpected.length > 0) return `failed with ${unexpected.join(', ')}`;
    const turns = turnsIn(requests);
    if (kills < turns * MIN_SHARE_OF_KILLS)
      return `workers did not come back in time: ${kills} kills in ${turns} turns`;
    return undefined;
  },
};

/**
 * How often it is somebody's turn while the load lasts; the last one has time to show.
 * @param {number} connections
 */
function turnsIn(connections) {
  return Math.floor((1_000 * connections) / RATE / EVERY_MS) - 1;
}
