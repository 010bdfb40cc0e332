// Connections that stay: how evenly are they dealt, and what do they cost while they do nothing? A
// short connection that goes to the wrong worker is soon gone; one of these stays for hours. So they
// are opened in both ways there are: one at a time, each after the one before has its worker's first
// line, where the policy alone decides; and 400 at once, as clients come back after a restart, where
// it shows who takes more because it was faster.
import { KINDS } from '../contestants/index.mjs';
import { fdLimit, memoryKb, openFds } from '../lib/proc.mjs';

const FEW = 400;
const MANY = 10_000;
const MIN_WORKERS = 4;
/** Descriptors a process has for other things. */
const RESERVED_FDS = 200;
/** A reverse proxy has two per connection; everyone is asked to hold the same. */
const FDS_PER_CONNECTION = 2;
/** Name → how many at a time. Bursts are smaller than a default backlog (511). */
const OPENINGS = { 'one at a time': 1, '400 at once': 400 };

/** @type {import('../lib/types.mjs').LoadScenario} */
export const longLived = {
  name: 'long-lived',
  about: 'connections that stay open: their spread over the workers, and memory',
  contestants: [...KINDS, 'rondo-least-connections'],
  columns: [
    'spread',
    'gap',
    'busiestShare',
    'idlestShare',
    'primaryBytes',
    'primaryFds',
    'workersBytes',
    'rate',
    'maxMs',
    'othersCores',
  ],
  main: ['spread', 'primaryBytes'],
  compared: ['spread', 'gap', 'rate', 'primaryBytes'],
  isHeadline: ({ opening }) => OPENINGS[/** @type {keyof typeof OPENINGS} */ (opening)] > 1,
  variants: ({ workers, full }) =>
    [FEW, ...(full ? [MANY] : [])].flatMap((count) => {
      const held = holdable(count);
      return Object.keys(OPENINGS).map((opening) => ({
        parameters: { held, opening },
        workers: Math.max(MIN_WORKERS, workers),
        ...(held < count && {
          note: `${held} and not ${count}: RLIMIT_NOFILE is ${fdLimit()}, and a proxy needs two for each`,
        }),
      }));
    }),
  handler: 'hold',
  mayLeaveIdle: true,
  warmUp: { mode: 'hold', connections: FEW, opening: 64 },
  load: (_size, { parameters = {} }) => ({
    mode: 'hold',
    connections: Number(parameters.held),
    opening: OPENINGS[/** @type {keyof typeof OPENINGS} */ (parameters.opening)],
  }),
  before: read,
  async during(host, _load, before) {
    const held = read(host);
    return {
      primaryKb: held.primaryKb - (before.primaryKb ?? 0),
      workersKb: held.workersKb - (before.workersKb ?? 0),
      primaryFds: held.primaryFds - (before.primaryFds ?? 0),
    };
  },
};

/** How many are held of as many as a full run would. */
export function manyHeld() {
  return holdable(MANY);
}

/** @param {number} count */
function holdable(count) {
  return Math.min(count, Math.floor((fdLimit() - RESERVED_FDS) / FDS_PER_CONNECTION));
}

/** @param {import('../lib/host-process.mjs').Host} host */
function read({ primaryPid, workerPids }) {
  return {
    primaryKb: memoryKb(primaryPid).rss,
    workersKb: workerPids.reduce((sum, pid) => sum + memoryKb(pid).rss, 0),
    primaryFds: openFds(primaryPid),
  };
}
