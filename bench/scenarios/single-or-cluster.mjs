// A published pair, run again: one process and node:cluster under autocannon, as many an article has it. The one whose
// figures are shown here says least of its machine, and is of 100 connections that stay, a short reply, 5 s.
const CLIENTS = 100;

/** @type {import('../lib/types.mjs').LoadScenario} */
export const singleOrCluster = {
  name: 'single-or-cluster',
  about: `published often: one process or several; HTTP keep-alive, ${CLIENTS} connections, a short reply`,
  published: {
    source: 'Joydip Roy, cluster-non-cluster-benchmark',
    urls: ['https://github.com/rjoydip-zz/cluster-non-cluster-benchmark'],
    differs:
      'It does not say on how many CPUs, which is how many workers it had, and autocannon had ten requests at a time on each ' +
      'connection; the load generator here has one.',
    ratios: [
      { metric: 'rate', of: 'cluster-rr', against: 'single', figures: [22_113.6, 14_034.4] },
    ],
  },
  contestants: ['rondo-native', 'cluster-rondo', 'cluster-rr', 'cluster-none', 'pm2', 'single'],
  columns: ['rate', 'serverUs', 'meanMs', 'p50Ms', 'p99Ms', 'maxMs', 'busiest', 'othersCores'],
  main: ['rate', 'serverUs'],
  handler: 'hello',
  // A shared socket may give all connections to one worker: that is a result.
  mayLeaveIdle: true,
  warmUp: {
    mode: 'keep-alive',
    requests: 20_000,
    concurrency: CLIENTS,
    opening: CLIENTS,
    moves: 1,
  },
  load: (requests = 60_000) => ({
    mode: 'keep-alive',
    requests,
    concurrency: CLIENTS,
    opening: CLIENTS,
    moves: 1,
  }),
};
