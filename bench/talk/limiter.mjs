// The program of scenario `limiter`: `node limiter.mjs WAY MS PROCESSES`. So many workers take from a limit for MS
// milliseconds, for keys in turn, as fast as that takes them. No more may be granted than the limit allows.
//
// WAY `shared`: rondo/shared; this program runs with rondo/register then. WAY `flexible`: RateLimiterCluster of
// rate-limiter-flexible; WAY `clusterhub`: incr() of that package; both with 64 under way.
import cluster from 'node:cluster';
import { ask, forkTeam, measured, serveTasks, tell } from './team.mjs';
import { everyOne } from './under-way.mjs';

const UNDER_WAY = 64;
const SLICE = 200;
const KEYS = Array.from({ length: 1_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
const LIMIT = 100;
/** Longer than all of it, so that there is one window. */
const WINDOW_MS = 600_000;

/** @typedef {(ms: number) => { count: number, granted: number } | Promise<{ count: number, granted: number }>} Take */
/** @type {Record<string, () => Promise<Take>>} */
const WAYS = { shared, flexible, clusterhub };

const [way, msText, processesText] = process.argv.slice(2);
const take = await WAYS[way]();
if (cluster.isPrimary) await direct();
else serveTasks({ take: ({ ms }) => take(ms) });

async function direct() {
  process.once('disconnect', () => process.exit());
  const workers = await forkTeam(Number(processesText));
  const warmUp = await Promise.all(workers.map((worker) => ask(worker, 'take', { ms: 200 })));
  const { result, elapsedS, cpuS } = await measured(workers, () =>
    Promise.all(workers.map((worker) => ask(worker, 'take', { ms: Number(msText) }))),
  );
  const granted = [...warmUp, ...result].reduce((sum, part) => sum + part.granted, 0);
  const most = KEYS.length * LIMIT;
  const fault = granted > most ? `${granted} were granted, of ${most}` : undefined;
  const operations = result.reduce((sum, { count }) => sum + count, 0);
  tell(workers, { operations, elapsedS, cpuS, fault });
}

/** @returns {Promise<Take>} */
async function shared() {
  const { limiter } = await import('rondo/shared');
  const requests = limiter({ name: 'requests', limit: LIMIT, windowMs: WINDOW_MS });
  return (ms) => {
    let count = 0;
    let granted = 0;
    for (const until = performance.now() + ms; performance.now() < until; ) {
      for (let i = 0; i < SLICE; i++, count++) {
        if (requests.take(keyOf(count)).ok) granted++;
      }
    }
    return { count, granted };
  };
}

/** @returns {Promise<Take>} */
async function flexible() {
  const { RateLimiterCluster, RateLimiterClusterMaster } = await import('rate-limiter-flexible');
  if (cluster.isPrimary) {
    new RateLimiterClusterMaster();
    return () => ({ count: 0, granted: 0 });
  }
  const limits = new RateLimiterCluster({
    keyPrefix: 'requests',
    points: LIMIT,
    duration: WINDOW_MS / 1_000,
    timeoutMs: 10_000,
  });
  return counting((key, done) => {
    limits.consume(key).then(
      () => done(true),
      () => done(false),
    );
  });
}

/** @returns {Promise<Take>} */
async function clusterhub() {
  const { default: hub } = await import('clusterhub');
  return counting((key, done) => {
    hub.incr(key, (/** @type {number} */ value) => done(value <= LIMIT));
  });
}

/**
 * @param {(key: string, done: (isGranted: boolean) => void) => void} decide
 * @returns {Take}
 */
function counting(decide) {
  return async (ms) => {
    let granted = 0;
    const { count } = await everyOne(ms, UNDER_WAY, (done, index) => {
      decide(keyOf(index), (isGranted) => {
        if (isGranted) granted++;
        done();
      });
    });
    return { count, granted };
  };
}

/** @param {number} index */
function keyOf(index) {
  return KEYS[index % KEYS.length];
}
