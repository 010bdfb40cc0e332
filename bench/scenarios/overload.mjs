// Three times as many clients as the service can take. Each needs one of the connections that a worker has to a
// database, for 20 ms; who finds all in use waits in the worker. Without a limit they wait ever longer, and in the end
// for clients that have given up. With `maxConnections` as many as there are connections to the database, and
// `overload: 'reset'`, the others are turned away at once: who is admitted waits no longer than on a quiet day, and
// nothing of the capacity is lost.
//
// Capacity, the latency on a quiet day and what an admitted connection costs are measured first, without a limit.
import { setTimeout as delay } from 'node:timers/promises';
import { DATABASE } from '../handlers.mjs';
import { startHost } from '../lib/host-process.mjs';
import { findFault, runLoad } from '../lib/load.mjs';
import { cpuSeconds } from '../lib/proc.mjs';

const FACTOR = 3;
const SECONDS = 3;
const HANG_MS = 2_000;
/** More than come before the first of them give up, at twice the capacity this machine can show. */
const MAX_UNDER_WAY = 14_000;
const SETTLE_MS = 60;
const WARM_UP = line({ connections: 500, concurrency: 16 });
const QUIET = line({ connections: 200, concurrency: 64, rate: 200 });

/** @type {Record<string, import('../lib/types.mjs').RondoOptions>} */
const LIMITS = {
  none: {},
  reset: { listen: { overload: 'reset' }, slot: { maxConnections: DATABASE.connections } },
};

/** @type {import('../lib/types.mjs').OwnScenario} */
export const overload = {
  name: 'overload',
  about: `${FACTOR} times as many clients as can be served, with and without a limit of connections`,
  contestants: ['rondo-native'],
  columns: [
    'goodput',
    'p99ByQuiet',
    'p99Ms',
    'hung',
    'refusalPrimaryUs',
    'refusalWorkersUs',
    'quietP99Ms',
    'capacity',
  ],
  main: ['goodput', 'p99ByQuiet'],
  compared: ['goodput', 'p99ByQuiet', 'refusalPrimaryUs'],
  isHeadline: ({ limit }) => limit === 'reset',
  variants: () => Object.keys(LIMITS).map((limit) => ({ parameters: { limit } })),
  async measure(task) {
    const usual = await withHost(task, {}, measureUsual);
    const asked = overloadOf(usual.full.load.rate);
    const options = LIMITS[task.variant.parameters?.limit ?? 'none'];
    const over = await withHost(task, options, (run) => run(asked));
    const fault = findUnexpected(over.load);
    return {
      asked,
      load: over.load,
      observed: {
        capacity: usual.full.load.rate,
        quietP99Ms: usual.quiet.load.latencyMs.p99,
        goodput: over.load.rate / usual.full.load.rate,
        ...costOfRefusals(over, usual.full),
      },
      ...(fault && { reason: fault }),
    };
  },
};

/** @typedef {{ load: import('../lib/types.mjs').LoadReport, primaryS: number, workersS: number }} Run */
/** @typedef {(load: import('../lib/types.mjs').Load) => Promise<Run>} Runner */

/**
 * A contestant of its own that is warm, and a way to load it.
 * @template T
 * @param {import('../lib/types.mjs').Task} task
 * @param {import('../lib/types.mjs').RondoOptions} options
 * @param {(run: Runner, workers: number) => Promise<T>} use
 */
async function withHost({ contestant, workers, loadgen }, options, use) {
  const host = await startHost(contestant, DATABASE.handler, workers, { options });
  /** @type {Runner} */
  async function run(asked) {
    const before = clocks();
    const load = await runLoad(loadgen, host.port, asked);
    await delay(SETTLE_MS);
    const after = clocks();
    return {
      load,
      primaryS: after.primaryS - before.primaryS,
      workersS: after.workersS - before.workersS,
    };
  }
  function clocks() {
    return { primaryS: cpuSeconds([host.primaryPid]), workersS: cpuSeconds(host.workerPids) };
  }
  try {
    const { load } = await run(WARM_UP);
    const fault = findFault(load, host.servers);
    if (fault) throw new Error(`warm-up: ${fault}`);
    return await use(run, workers);
  } catch (error) {
    throw host.failure() ?? error;
  } finally {
    await host.stop();
  }
}

/**
 * @param {Runner} run
 * @param {number} workers
 */
async function measureUsual(run, workers) {
  const quiet = await run(QUIET);
  const inUse = workers * DATABASE.connections;
  const full = await run(line({ connections: 75 * inUse, concurrency: FACTOR * inUse }));
  for (const { load } of [quiet, full]) {
    const fault = findFault(load, workers);
    if (fault) throw new Error(`without overload: ${fault}`);
  }
  return { quiet, full };
}

/** @param {number} capacity per second */
function overloadOf(capacity) {
  const rate = Math.round(FACTOR * capacity);
  return line({
    connections: rate * SECONDS,
    concurrency: MAX_UNDER_WAY,
    rate,
    'hang-ms': HANG_MS,
  });
}

/**
 * What is left of the CPU time without what the admitted ones take, by refusal.
 * @param {Run} over
 * @param {Run} full
 * @returns {Record<string, number>}
 */
function costOfRefusals(over, full) {
  const refusals = over.load.failed;
  if (refusals === 0) return {};
  const admitted = over.load.ok / full.load.ok;
  return {
    refusals,
    refusalPrimaryUs: (1e6 * (over.primaryS - admitted * full.primaryS)) / refusals,
    refusalWorkersUs: (1e6 * (over.workersS - admitted * full.workersS)) / refusals,
  };
}

/**
 * A client is served, turned away, or gives up. With too many under way the load would not be what was asked for.
 * @param {import('../lib/types.mjs').LoadReport} load
 */
function findUnexpected({ requests, started, ok, failed, hung, failures }) {
  if (started < requests) return `not all were asked: ${started} of ${requests}`;
  if (ok + failed + hung < started || Object.keys(failures).some((kind) => kind !== 'ECONNRESET'))
    return `failed with ${JSON.stringify(failures)}`;
  return undefined;
}

/**
 * @param {Omit<import('../lib/types.mjs').Load, 'mode'>} load
 * @returns {import('../lib/types.mjs').Load}
 */
function line(load) {
  return { mode: 'storm', ...load };
}
