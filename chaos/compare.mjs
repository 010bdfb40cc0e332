// The same three experiments with rondo's Supervisor and with plain node:cluster, one after the other and
// under the same load: what do their clients notice?
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { align } from '../bench/lib/align.mjs';
import { HANG_MS, startLoad } from './lib/load.mjs';
import { Program } from './lib/program.mjs';
import { seeded } from './lib/random.mjs';

/** @typedef {import('./lib/load.mjs').LoadReport} LoadReport */

const WORKERS = 4;
const APP = new URL('app.mjs', import.meta.url).pathname;
const DRAIN = { drainTimeoutMs: 4_000, killTimeoutMs: 1_000 };

/**
 * What both are started with, so that a worker that does not end is killed after the same time.
 * @type {Record<string, (env: Record<string, string>) => Program>}
 */
const CONTESTANTS = {
  rondo: (env) =>
    new Program(
      new URL('primary.mjs', import.meta.url),
      {
        exec: APP,
        workers: WORKERS,
        env,
        guard: true,
        ...DRAIN,
        // Plain node:cluster replaces a worker at once, however often it ends.
        maxRestarts: 1_000_000,
        minUptimeMs: 0,
      },
      { isUpgradable: true },
    ),
  'node:cluster': (env) =>
    new Program(new URL('cluster-primary.mjs', import.meta.url), {
      exec: APP,
      workers: WORKERS,
      env,
      killAfterMs: DRAIN.drainTimeoutMs + DRAIN.killTimeoutMs,
    }),
};

const RESTARTS = 10;
const RESTARTS_MOST_S = 300;
const THROW_EVERY_MS = 1_000;
const KILL_EVERY_MS = 200;
const SEED = 1;

/**
 * `wreak` gets the program under load; it resolves when the load may end, if that has no end of its own, with
 * how many requests may fail if that is known.
 * @typedef {object} Experiment
 * @property {string} name
 * @property {'keep-alive' | 'http'} mode
 * @property {Omit<import('./lib/load.mjs').LoadOptions, 'port'>} load
 * @property {Record<string, string>} [env] of the workers
 * @property {(program: Program, isOver: () => boolean) => Promise<number | null>} wreak
 */

/** @type {Experiment[]} */
const EXPERIMENTS = [
  {
    name: `rolling restart × ${RESTARTS}, 64 keep-alive connections`,
    mode: 'keep-alive',
    load: { concurrency: 64, seconds: RESTARTS_MOST_S, rate: 2_000 },
    wreak: restart,
  },
  {
    name: `rolling restart × ${RESTARTS}, new connections`,
    mode: 'http',
    load: { concurrency: 1_000, seconds: RESTARTS_MOST_S, rate: 1_000 },
    wreak: restart,
  },
  {
    name: 'each worker throws every 1–3 s, 200 keep-alive connections, 10 s',
    mode: 'keep-alive',
    load: { concurrency: 200, seconds: 10 },
    env: { THROWS_EVERY_MS: String(THROW_EVERY_MS) },
    wreak: async () => null,
  },
  {
    name: `SIGKILL of a worker every ${KILL_EVERY_MS} ms, 60,000 connections`,
    mode: 'http',
    load: { concurrency: 64, seconds: 120, requests: 60_000 },
    wreak: kill,
  },
];

/** Prints the table, and returns its figures. */
export async function compare() {
  const results = [];
  for (const experiment of EXPERIMENTS) {
    for (const contestant of Object.keys(CONTESTANTS)) {
      const result = await run(experiment, contestant);
      console.error(`${experiment.name}: ${contestant}: ${JSON.stringify(result.load.failures)}`);
      results.push({ experiment: experiment.name, contestant, ...result });
    }
  }
  console.log(`\n${tableOf(results)}`);
  return { results };
}

/**
 * @param {Experiment} experiment
 * @param {string} contestant
 */
async function run({ mode, load, env = {}, wreak }, contestant) {
  // Not 0, for which node:cluster takes another one when it listens anew.
  const program = CONTESTANTS[contestant]({ ...env, PORT: String(await freePort()) });
  await program.call('start');
  const startedAt = performance.now();
  const { report, end } = startLoad(mode, { port: program.port, ...load });
  let isOver = false;
  report.then(
    () => {
      isOver = true;
    },
    () => {},
  );
  const bound = await wreak(program, () => isOver);
  const wreakedS = (performance.now() - startedAt) / 1_000;
  if (wreak === restart) {
    // Who waits still has the time to be counted as hung.
    await delay(HANG_MS + 500);
    end();
  }
  const figures = await report;
  const { exited, killed } = program;
  const result = { load: figures, bound, ended: exited.size, killed, wreakedS };
  await program.call('stop');
  await program.end();
  return result;
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {Program} program */
async function restart(program) {
  for (let i = 0; i < RESTARTS; i++) await program.call('reload', {});
  return null;
}

/**
 * Returns how many connections the dead had, which is how many may fail; null if nobody can say.
 * @param {Program} program
 * @param {() => boolean} isOver
 * @returns {Promise<number | null>}
 */
async function kill(program, isOver) {
  const random = seeded(SEED);
  let bound = 0;
  let isKnown = true;
  for (;;) {
    await delay(KILL_EVERY_MS);
    if (isOver()) return isKnown ? bound : null;
    // Without any worker node:cluster does not listen, and then it would be that what is compared.
    if (program.ready.size < 2) continue;
    const pid = /** @type {number} */ (
      [...program.ready][Math.floor(random() * program.ready.size)]
    );
    program.ready.delete(pid);
    const open = await program.call('kill', pid);
    if (open === null) isKnown = false;
    else bound += open;
  }
}

/** @param {Array<{ experiment: string, contestant: string } & Awaited<ReturnType<typeof run>>>} results */
function tableOf(results) {
  const rows = results.map(({ experiment, contestant, load, bound, ended, killed }) => [
    `${experiment}: ${contestant}`,
    load.ok,
    load.failed,
    bound ?? '-',
    share(load),
    load.refused,
    load.hung,
    Math.round(load.latencyMs.max),
    ended,
    killed,
  ]);
  const head = [
    'ok',
    'failed',
    'had',
    'failed %',
    'refused',
    'hung',
    'longest ms',
    'ended',
    'killed',
  ];
  return align([['', ...head], ...rows]);
}

/** @param {LoadReport} load */
function share({ failed, started }) {
  return ((100 * failed) / started).toFixed(2);
}
