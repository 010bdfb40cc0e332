// The program of scenario `counters`: `node counters.mjs WAY MS PROCESSES`. So many workers add one to the same counter
// for MS milliseconds, as fast as that takes them; at last it must have what they added together.
//
// WAY `shared`: rondo/shared; this program runs with rondo/register then. WAY `clusterhub`: incr() of that package, 64
// under way.
import cluster from 'node:cluster';
import { ask, forkTeam, measured, serveTasks, tell } from './team.mjs';
import { everyOne } from './under-way.mjs';

const UNDER_WAY = 64;
/** Between two looks at the clock. */
const SLICE = 1_000;

const [way, msText, processesText] = process.argv.slice(2);
const { add, get } = way === 'shared' ? await sharedCounter() : await clusterhubCounter();
if (cluster.isPrimary) await direct();
else serveTasks({ add: ({ ms }) => add(ms) });

async function direct() {
  process.once('disconnect', () => process.exit());
  const workers = await forkTeam(Number(processesText));
  await Promise.all(workers.map((worker) => ask(worker, 'add', { ms: 200 })));
  const before = get();
  const { result, elapsedS, cpuS } = await measured(workers, () =>
    Promise.all(workers.map((worker) => ask(worker, 'add', { ms: Number(msText) }))),
  );
  const added = result.reduce((sum, { count }) => sum + count, 0);
  const counted = get() - before;
  const fault = counted === added ? undefined : `${added} were added, and ${counted} counted`;
  tell(workers, { operations: added, elapsedS, cpuS, fault });
}

async function sharedCounter() {
  const { counter } = await import('rondo/shared');
  const hits = counter('hits');
  return {
    get: () => hits.get(),
    /** @param {number} ms */
    add(ms) {
      let count = 0;
      for (const until = performance.now() + ms; performance.now() < until; count += SLICE) {
        for (let i = 0; i < SLICE; i++) hits.add(1);
      }
      return { count };
    },
  };
}

async function clusterhubCounter() {
  const { default: hub } = await import('clusterhub');
  return {
    get: () => Number(hub.get('hits') ?? 0),
    /** @param {number} ms */
    add: (ms) => everyOne(ms, UNDER_WAY, (done) => hub.incr('hits', done)),
  };
}
