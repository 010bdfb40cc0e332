// A published table, run again: Cloudflare's comparison of nginx with one accept queue for all workers and nginx with
// SO_REUSEPORT, a queue for each, under a handler that is CPU-bound. As there, each request has a connection of its own,
// 16.7 clients share a worker, and a request takes it for 1.8 ms (200 clients, 12 workers, 30 ms on average).
//
// What is different here: Node and not nginx, so many workers as the command line says and not 12, each pinned to a CPU
// of its own; the client is on the same machine. The first replies do not count, as in `busy`: there they were 1 of 500.
const SPIN_MS = 1.8;
const CLIENTS_PER_WORKER = 200 / 12;

/** @type {import('../lib/types.mjs').LoadScenario} */
export const nginxQueues = {
  name: 'nginx-queues',
  about: `published for nginx: HTTP, Connection: close, handler busy for ${SPIN_MS} ms; 16.7 clients for each worker`,
  published: {
    source: 'Cloudflare, “Why does one NGINX worker take all the load?”, 2017, with its experiment',
    urls: [
      'https://blog.cloudflare.com/the-sad-state-of-linux-socket-balancing/',
      'https://github.com/cloudflare/cloudflare-blog/tree/master/2017-10-accept-balancing',
    ],
    differs:
      'There it was nginx with 12 workers, each on a CPU of its own, and a client on another machine; here it is Node.',
    ratios: [
      {
        metric: 'stddevMs',
        of: 'reuseport',
        against: 'cluster-none',
        figures: [25.27, 1.58],
        what: 'a queue for each worker by one queue for all',
      },
      {
        metric: 'meanMs',
        of: 'reuseport',
        against: 'cluster-none',
        figures: [31.37, 30.39],
        what: 'the same two',
      },
    ],
  },
  contestants: [
    'rondo-native',
    'cluster-rondo',
    'cluster-rr',
    'cluster-none',
    'cluster-exclusive',
    'reuseport',
    'bun',
  ],
  columns: ['stddevMs', 'meanMs', 'p50Ms', 'p99Ms', 'maxMs', 'rate', 'busiest', 'othersCores'],
  main: ['stddevMs', 'maxMs'],
  variants: ({ workers }) => [
    { parameters: { clients: Math.round(workers * CLIENTS_PER_WORKER) } },
  ],
  handler: 'busyShortly',
  warmUp: { mode: 'http', connections: 200, concurrency: 32 },
  load: (connections = 3_000, variant) => ({
    mode: 'http',
    connections,
    concurrency: Number(variant.parameters?.clients),
    skip: 2 * Number(variant.parameters?.clients),
  }),
};
