// A burst of 3,000 clients on workers that need 1 ms of CPU time for each, where the server speaks first. All wait in
// the backlog of the listening socket. What finds it full is dropped: then a client tries again after a second, or,
// worse, takes itself for connected while the server does not know of it, and is never answered.
//
// Others on the machine whose backlogs overflow meanwhile are counted as well: the kernel's counters are of the whole
// network namespace.
import { listenDrops } from '../lib/proc.mjs';

const CLIENTS = 3_000;
/** After several tries of the kernel: 1, 3 and 7 s. */
const HANG_MS = 10_000;

/** @type {import('../lib/types.mjs').LoadScenario} */
export const backlog = {
  name: 'backlog',
  about: `${CLIENTS} clients connect at once, each takes 1 ms of CPU; what the backlog drops`,
  contestants: ['rondo-native', 'cluster-rondo', 'cluster-rr', 'cluster-none'],
  columns: ['hung', 'hungConnected', 'connectMaxMs', 'listenDrops', 'maxMs', 'p50Ms', 'rate'],
  main: ['hungConnected', 'connectMaxMs', 'listenDrops'],
  handler: 'spinLine',
  warmUp: { mode: 'storm', connections: 400, concurrency: 16 },
  load: (connections = CLIENTS) => ({
    mode: 'storm',
    connections,
    concurrency: connections,
    connects: 1,
    'hang-ms': HANG_MS,
  }),
  before: listenDrops,
  after(_host, before) {
    const { drops, overflows } = listenDrops();
    return {
      listenDrops: drops - (before.drops ?? 0),
      listenOverflows: overflows - (before.overflows ?? 0),
    };
  },
  judgesReplies: true,
  findFault({ started, ok, hung, failures }) {
    if (started !== ok + hung) return `not all were answered or hung: ${JSON.stringify(failures)}`;
    return undefined;
  },
};
