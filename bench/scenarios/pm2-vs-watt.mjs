// A published table, run again: Platformatic's comparison of pm2, node:cluster and Watt, with 2 workers and a closed loop on
// 100 connections that stay. The figures it shows are of replies of 12 bytes (179 with their headers, by its own
// bytes per second). Its other reply is 10 KB of random bytes, as hexadecimal digits, with their SHA-256; of that it shows
// none. There the bytes are written to a file, too, which is left out here.
const CLIENTS = 100;
const WORKERS = 2;
/** @type {Record<string, { path: string, requests: number }>} */
const REPLIES = {
  'hello world': { path: '/', requests: 60_000 },
  'random 10 KB, SHA-256': { path: '/digest', requests: 20_000 },
};
const HELLO = { parameters: { reply: 'hello world' } };

/** @type {import('../lib/types.mjs').LoadScenario} */
export const pm2VsWatt = {
  name: 'pm2-vs-watt',
  about: `published for Watt: HTTP keep-alive, ${CLIENTS} connections, ${WORKERS} workers, a closed loop`,
  published: {
    source: 'Platformatic, watt-performance-demos, the demo pm2-vs-watt, 2025',
    urls: ['https://github.com/platformatic/watt-performance-demos/tree/main/demos/pm2-vs-watt'],
    differs:
      'There the server had 2 to 3 CPUs of a Kubernetes node for itself, the client was autocannon on another machine, and each ' +
      'figure is of one run of 40 s; here client and server share the cores.',
    ratios: [
      { metric: 'rate', of: 'watt', against: 'pm2', figures: [30_234.8, 25_269.7], at: HELLO },
      {
        metric: 'rate',
        of: 'watt',
        against: 'cluster-rr',
        figures: [30_234.8, 26_813.2],
        at: HELLO,
      },
      {
        metric: 'rate',
        of: 'pm2',
        against: 'cluster-rr',
        figures: [25_269.7, 26_813.2],
        at: HELLO,
      },
    ],
  },
  contestants: ['rondo-native', 'cluster-rondo', 'cluster-rr', 'pm2', 'watt', 'reuseport', 'bun'],
  columns: ['rate', 'meanMs', 'stddevMs', 'p50Ms', 'p99Ms', 'maxMs', 'busiest', 'othersCores'],
  main: ['rate', 'stddevMs'],
  variants: () =>
    Object.keys(REPLIES).map((reply) => ({ parameters: { reply }, workers: WORKERS })),
  handler: 'digest',
  warmUp: {
    mode: 'keep-alive',
    requests: 20_000,
    concurrency: CLIENTS,
    opening: CLIENTS,
    moves: 1,
  },
  load: (requests, { parameters }) => {
    const { path, requests: usual } = REPLIES[parameters?.reply ?? ''];
    return {
      mode: 'keep-alive',
      path,
      requests: requests ?? usual,
      concurrency: CLIENTS,
      opening: CLIENTS,
      moves: 1,
    };
  },
};
