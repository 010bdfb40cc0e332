// The storm with 2, 4, 8, 16, 32 and 64 workers on the same cores. The work does not grow, and no
// contestant can get faster; what shows is what each further worker costs per connection: choosing
// among more, waking more, and switching among more processes, which is the kernel's and the same for
// all.
const FEW = [2, 8];
const ALL = [2, 4, 8, 16, 32, 64];
const MIN_WARM_UP = 8_000;
const WARM_UP_PER_WORKER = 500;

/** @type {import('../lib/types.mjs').LoadScenario} */
export const scaling = {
  name: 'scaling',
  about: 'the storm with more and more workers: cost per connection',
  contestants: ['rondo-native', 'cluster-rr', 'cluster-none'],
  columns: [
    'serverUs',
    'primaryUs',
    'workersUs',
    'rate',
    'p50Ms',
    'p99Ms',
    'busiestShare',
    'idlestShare',
    'othersCores',
  ],
  main: ['serverUs', 'primaryUs', 'rate'],
  variants: ({ full }) => (full ? ALL : FEW).map((workers) => ({ workers })),
  handler: 'storm',
  // From a shared listen socket not all of so many workers are fast enough to get one.
  mayLeaveIdle: true,
  // So many to each: what is compiled and what is not would else be all that differs.
  warmUp: (workers) => ({
    mode: 'storm',
    connections: Math.max(MIN_WARM_UP, WARM_UP_PER_WORKER * workers),
    concurrency: 64,
    seconds: 60,
  }),
  load: (connections = 12_000) => ({ mode: 'storm', connections, concurrency: 64 }),
};
