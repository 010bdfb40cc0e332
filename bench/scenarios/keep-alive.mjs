// Requests on established connections: 64 of them, each with the next request as soon as it has its
// reply. Connections are opened once, so what could differ is what a socket costs that came to its
// worker in another way. It should be nothing, and the question is for the contestants that share
// one program: does the preload take anything from it? And for rondo itself: does it cost anything that a connection
// could be moved?
//
// A difference of 3 % has to be told from noise. So connections are opened one at a time, which gives
// each worker as many whoever deals them, and the contestants are loaded in turn, in passes short
// enough that what else goes on in the machine meets neighbors alike: their ratio is what counts.
const CLIENTS = 64;
const PASSES = 5;

/** @type {import('../lib/types.mjs').LoadScenario} */
export const keepAlive = {
  name: 'keep-alive',
  about: `HTTP keep-alive, ${CLIENTS} connections, a short reply at once`,
  expected:
    'No difference is expected: once a connection is with its worker, nobody dispatches anything any more.',
  quick: { contestants: ['cluster-rondo', 'cluster-rr'], connections: 40_000 },
  contestants: ['cluster-rondo', 'cluster-rr', 'rondo-native', 'rondo-off'],
  passes: PASSES,
  columns: [
    'rate',
    'primaryUs',
    'workersUs',
    'clientUs',
    'p50Ms',
    'p99Ms',
    'maxMs',
    'busiest',
    'busiestConnections',
    'othersCores',
  ],
  compared: ['rate', 'serverUs'],
  handler: 'hello',
  warmUp: { mode: 'keep-alive', requests: 100_000, concurrency: CLIENTS, opening: 1, moves: 1 },
  load: (requests = 60_000) => ({
    mode: 'keep-alive',
    requests,
    concurrency: CLIENTS,
    opening: 1,
    moves: 1,
    failures: 0,
  }),
};
