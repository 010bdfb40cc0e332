// What rondo set out to reach. Where it can be, a target is the ratio of medians against a named baseline of the same
// run: a ratio holds on another machine where a rate does not. Differences between workers are what they are.
import { manyHeld } from '../scenarios/long-lived.mjs';

/** @typedef {import('./judging.mjs').Target} Target */

/** The Dispatcher, and the preload. */
const RONDO = ['rondo-native', 'cluster-rondo'];
/** What workers do that accept by themselves. */
const SHARED = 'cluster-none';
const CORES = ['idle', 'one busy', 'one busy at times'];

/** @type {Target[]} */
export const TARGETS = [
  { scenario: 'storm', metric: 'rate', of: 'rondo-native', against: 'cluster-rr', atLeast: 1.5 },
  { scenario: 'storm', metric: 'rate', of: 'rondo-native', against: 'send-socket', atLeast: 1.9 },
  {
    scenario: 'storm',
    metric: 'primaryUs',
    of: 'rondo-native',
    against: 'cluster-rr',
    atMost: 0.4,
  },
  {
    scenario: 'storm',
    metric: 'workersUs',
    of: 'rondo-native',
    against: 'cluster-rr',
    atMost: 0.65,
  },
  { scenario: 'storm', metric: 'rate', of: 'cluster-rondo', against: 'cluster-rr', atLeast: 1.5 },
  ...both({ scenario: 'storm', metric: 'rate', against: SHARED, atLeast: 1.05 }),
  ...both({ scenario: 'storm', metric: 'busiestRatio', atMost: 1.001 }),
  ...both({ scenario: 'storm', metric: 'primaryUs', atMost: 5.5 }),
  ...both({ scenario: 'storm', metric: 'workersUs', against: SHARED, atMost: 0.95 }),
  ...both({
    scenario: 'busy',
    metric: 'stddevAllMs',
    against: SHARED,
    atMost: 1.05,
    neverOver: 1.3,
  }),
  // Not a promise of rondo's: the benchmark's own, that it can see what a window is for.
  {
    scenario: 'busy',
    metric: 'stddevMs',
    of: 'rondo-unbounded',
    against: 'rondo-native',
    atLeast: 2,
  },
  ...both({ scenario: 'mixed', metric: 'p99Ms', against: SHARED, atMost: 1.2 }),
  ...['first', 'second'].flatMap((flooded) => {
    const at = { parameters: { flooded } };
    return [
      ...both({ scenario: 'two-listeners', metric: 'p99ByQuiet', at, atMost: 2 }),
      ...both({ scenario: 'two-listeners', metric: 'p99Ms', at, against: 'cluster-rr', under: 1 }),
    ];
  }),
  {
    scenario: 'keep-alive',
    metric: 'rate',
    of: 'cluster-rondo',
    against: 'cluster-rr',
    paired: true,
    atLeast: 0.97,
  },
  {
    scenario: 'keep-alive',
    metric: 'rate',
    of: 'rondo-native',
    against: 'rondo-off',
    paired: true,
    atLeast: 0.99,
  },
  ...['keep-alive-busy', 'keep-alive-blocked'].flatMap((scenario) =>
    ['cluster-rr', 'cluster-none', 'pm2', 'watt', 'reuseport'].map((against) => ({
      scenario,
      metric: 'p99Ms',
      of: 'rondo-native',
      against,
      atMost: 0.5,
    })),
  ),
  { scenario: 'keep-alive-pool', metric: 'busiestRequests', of: 'rondo-native', atMost: 1.1 },
  ...['keep-alive', 'new connections'].flatMap((load) =>
    [
      { metric: 'closedByServer', neverOver: 0 },
      { metric: 'failedRequests', neverOver: 0 },
      { metric: 'hungRequests', neverOver: 0 },
      { metric: 'p99ByBefore', atMost: 2 },
    ].map((limit) => ({
      scenario: 'reload',
      of: 'rondo-supervisor',
      at: { parameters: { load } },
      ...limit,
    })),
  ),
  ...[2, 3].flatMap((workers) => CORES.flatMap((cores) => evenBurst(workers, 64, cores, 1, 4))),
  ...[4, 8, 16, 64].flatMap((workers) =>
    CORES.slice(0, 2).flatMap((cores) => evenBurst(workers, 400, cores, 2, 6)),
  ),
  ...both({
    scenario: 'burst',
    metric: 'worstGap',
    at: { parameters: { held: '64 each 20 ms', cores: 'idle' } },
    neverOver: 4,
  }),
  ...both({
    scenario: 'long-lived',
    metric: 'spread',
    at: longLivedAt('400 at once'),
    atMost: 0.5,
  }),
  ...both({
    scenario: 'long-lived',
    metric: 'rate',
    at: longLivedAt('400 at once'),
    atLeast: 20_000,
  }),
  ...[...RONDO, 'rondo-least-connections'].map((of) => ({
    scenario: 'long-lived',
    metric: 'gap',
    of,
    at: longLivedAt('one at a time'),
    // What cannot be divided.
    neverOver: manyHeld() % 4 === 0 ? 0 : 1,
  })),
  { scenario: 'blocked-primary', metric: 'maxMs', of: 'rondo-native', neverOver: 50 },
  ...['stopped', 'looping'].flatMap((worker) =>
    ['steady', 'bursts', 'closed loop'].flatMap((load) =>
      both({
        scenario: 'stalled-worker',
        metric: 'othersMaxMs',
        at: { parameters: { load, worker } },
        neverOver: 10,
      }),
    ),
  ),
  ...[
    { metric: 'goodput', atLeast: 0.95 },
    { metric: 'p99ByQuiet', atMost: 2 },
    { metric: 'refusalPrimaryUs', atMost: 10 },
    // None; what is left is what two loads differ by.
    { metric: 'refusalWorkersUs', atMost: 1 },
  ].map((limit) => ({
    scenario: 'overload',
    of: 'rondo-native',
    at: { parameters: { limit: 'reset' } },
    ...limit,
  })),
  ...both({ scenario: 'backlog', metric: 'listenDrops', neverOver: 0 }),
  // A SYN that was dropped is sent again after a second.
  ...both({ scenario: 'backlog', metric: 'connectMaxMs', neverOver: 900 }),
  ...both({ scenario: 'backlog', metric: 'hung', neverOver: 0 }),
  {
    scenario: 'scaling',
    metric: 'primaryUs',
    of: 'rondo-native',
    at: { workers: 64 },
    beside: { workers: 2 },
    atMost: 1.15,
  },
  ...messagesBeside({ bytes: 100, load: 'flood' }, { metric: 'messagesPerSecond', atLeast: 3 }),
  ...messagesBeside({ bytes: 65_536, load: 'flood' }, { metric: 'messagesPerSecond', atLeast: 1 }),
  // At 1,000 a second both wait for little but to be woken: once with the hub, twice with the relay.
  ...messagesBeside({ bytes: 100, load: 'flood' }, { metric: 'messageP99Us', atMost: 0.33 }),
  {
    scenario: 'messages',
    metric: 'messageMaxMs',
    of: 'rondo-hub',
    at: { parameters: { primary: 'blocked' } },
    neverOver: 20,
  },
  {
    scenario: 'counters',
    metric: 'operationsPerSecond',
    of: 'rondo-shared',
    at: { workers: 1 },
    atLeast: 5_000_000,
  },
  { scenario: 'scrape', metric: 'scrapeP99Ms', of: 'rondo-metrics', atMost: 2 },
  {
    scenario: 'storm',
    metric: 'rate',
    of: 'rondo-scraped',
    against: 'rondo-native',
    paired: true,
    atLeast: 0.98,
  },
  { scenario: 'limiter', metric: 'operationUs', of: 'rondo-limiter', under: 1 },
  ...['clusterhub', 'rate-limiter-flexible'].map((against) => ({
    scenario: 'limiter',
    metric: 'operationsPerSecond',
    of: 'rondo-limiter',
    against,
    atLeast: 50,
  })),
];

/**
 * @param {Record<string, string | number>} parameters
 * @param {{ metric: string, atLeast?: number, atMost?: number }} limit
 */
function messagesBeside(parameters, limit) {
  return [
    {
      scenario: 'messages',
      of: 'rondo-hub',
      against: 'process-send',
      at: { parameters },
      ...limit,
    },
  ];
}

/**
 * @param {Omit<Target, 'of'>} target
 * @returns {Target[]}
 */
function both(target) {
  return RONDO.map((of) => ({ ...target, of }));
}

/**
 * @param {number} workers
 * @param {number} held
 * @param {string} cores
 * @param {number} atMost
 * @param {number} neverOver
 */
function evenBurst(workers, held, cores, atMost, neverOver) {
  const at = { workers, parameters: { held, cores } };
  return both({ scenario: 'burst', metric: 'gap', at, atMost, neverOver });
}

/** @param {string} opening */
function longLivedAt(opening) {
  return { workers: 4, parameters: { held: manyHeld(), opening } };
}
