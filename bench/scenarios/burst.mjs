// Connections that are opened at once and stay, as clients come back after a restart: how many does each worker
// have then? That is decided within milliseconds, in which a worker that gets a core first can take most of them. So
// it is asked with idle cores, with another process that keeps one core busy, and with one that comes and goes.
//
// And in waves: 64 connections each 20 ms, each of which ends 1 s after it was opened. There the load generator
// looks at the difference after each opening and each end.
//
// Before, the workers are warmed up by connections that are opened one at a time: a dealer that goes on from what it
// has dealt before begins even.

const MIN_WARM_UP = 200;
const WARM_UP_PER_WORKER = 20;
/** Name → when another process takes a core. */
const CORES = {
  idle: undefined,
  'one busy': { busyMs: Infinity, idleMs: 0 },
  'one busy at times': { busyMs: 100, idleMs: 100 },
};
/** Of each a variant per entry of CORES. */
const SIZES = [
  { workers: 2, held: 64 },
  { workers: 3, held: 64 },
  { workers: 4, held: 400 },
  { workers: 8, held: 400 },
  { workers: 16, held: 400 },
  // So many processes take seconds to start.
  { workers: 64, held: 400 },
];
const QUICK = [SIZES[0], SIZES[2]];
/** What a full run has time for beyond few workers and idle cores. */
const FEW = ['rondo-native', 'cluster-rondo', 'cluster-rr'];
const MAX_WORKERS_OF_ALL = 16;
const WAVES = { workers: 4, held: '64 each 20 ms' };
const WAVES_LOAD = { connections: 6_400, burst: 64, 'every-ms': 20, 'hold-ms': 1_000 };

/** @type {import('../lib/types.mjs').LoadScenario} */
export const burst = {
  name: 'burst',
  about: 'connections that are opened at once and stay; how many more one worker has than another',
  contestants: [
    'rondo-native',
    'rondo-ipc',
    'cluster-rondo',
    'cluster-rr',
    'cluster-none',
    'send-socket',
  ],
  quick: { contestants: FEW },
  columns: [
    'gap',
    'worstGap',
    'spread',
    'busiestShare',
    'idlestShare',
    'rate',
    'maxMs',
    'othersCores',
  ],
  main: ['gap', 'worstGap'],
  compared: ['gap', 'worstGap', 'rate'],
  isHeadline: ({ held, cores }) => held === 400 && cores === 'idle',
  showsEveryRound: true,
  variants: ({ full }) =>
    full
      ? [
          ...Object.keys(CORES).flatMap((cores) => SIZES.map((size) => variantOf(size, cores))),
          variantOf(WAVES, 'idle'),
          variantOf(WAVES, 'one busy'),
        ]
      : QUICK.map((size) => variantOf(size, 'idle')),
  handler: 'hold',
  mayLeaveIdle: true,
  warmUp: (workers) => ({
    mode: 'hold',
    // As many for each worker.
    connections: workers * Math.max(Math.ceil(MIN_WARM_UP / workers), WARM_UP_PER_WORKER),
    opening: 1,
  }),
  load: (_size, { parameters: { held = 0 } = {} }) => ({
    mode: 'hold',
    ...(held === WAVES.held ? WAVES_LOAD : { connections: Number(held) }),
  }),
};

/**
 * @param {{ workers: number, held: number | string }} size
 * @param {string} cores a key of CORES
 * @returns {import('../lib/types.mjs').Variant}
 */
function variantOf({ workers, held }, cores) {
  const hog = CORES[/** @type {keyof typeof CORES} */ (cores)];
  const isForAll = hog === undefined && workers <= MAX_WORKERS_OF_ALL;
  return {
    workers,
    parameters: { held, cores },
    ...(hog && { hog }),
    ...(!isForAll && { usual: FEW }),
  };
}
