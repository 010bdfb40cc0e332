// A Supervisor in a process of its own, since the chaos does harm to that process too. Its arguments are
// the Supervisor's options as JSON, and the path of a socket of the runner's, for lines of JSON. Runner → primary:
// {seq, call, args}. Primary → runner: {answers, result | error}, {event, args}. It ends when the runner does,
// and its workers with it. Signals are what they are to `rondo start`.
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { Supervisor } from 'rondo';
import { handleSignals } from '../dist/service/signals.js';
import { connectionsOf } from './lib/connections.mjs';

/** @type {Array<keyof import('rondo').SupervisorEvents>} */
const EVENTS = [
  'worker:starting',
  'worker:ready',
  'worker:draining',
  'worker:exited',
  'worker:error',
  'seat:stopped',
  'reload:failed',
  'upgrade:taken',
  'recycle:failed',
  'unhealthy',
  'failed',
  'stopped',
];

const supervisor = new Supervisor(JSON.parse(process.argv[2]));
const runner = connect(process.argv[3]);

for (const event of EVENTS) {
  supervisor.on(event, (/** @type {any[]} */ ...args) => {
    tell({ event, args: args.map((arg) => (arg instanceof Error ? arg.message : arg)) });
  });
}
supervisor.on('worker:hung', ({ pid }, ageMs) => {
  const open = pid === null ? 0 : connectionsOf(pid);
  tell({ event: 'worker:hung', args: [{ pid, ageMs, open }] });
});
cluster.on('message', ({ process: { pid } }, message) => {
  const { hanging, dying } = message ?? {};
  if (hanging !== undefined) tell({ event: 'hanging', args: [{ pid, open: hanging }] });
  if (dying !== undefined) tell({ event: 'dying', args: [{ pid, open: dying }] });
});
/** Those that signals have asked for and that are not over. */
let reloads = 0;
handleSignals(supervisor, null, {
  reload() {
    reloads++;
    const told = (/** @type {Error | undefined} */ error) => {
      reloads--;
      tell({ event: 'reload:asked', args: [error?.message ?? null] });
    };
    supervisor.reload().then(() => told(undefined), told);
  },
  upgrade() {
    const told = (/** @type {Error | undefined} */ error) =>
      tell({ event: 'upgrade:asked', args: [error?.message ?? null] });
    supervisor.upgrade().then(() => told(undefined), told);
  },
  onForced: (signal) => tell({ event: 'forced', args: [signal] }),
  note: () => {},
  onError: (error) => tell({ event: 'failed', args: [error.message] }),
});

/** @type {Record<string, (...args: any[]) => unknown>} */
const CALLS = {
  start: () => supervisor.start(),
  reload: (changes) => supervisor.reload(changes),
  scale: (workers) => supervisor.scale(workers),
  upgrade: () => supervisor.upgrade(),
  configure: (changes) => supervisor.configure(changes),
  stop: () => supervisor.stop(),
  stats: () => ({ ...supervisor.stats(), wanted: supervisor.workers, reloads }),
  // To a worker that is gone it does not matter.
  tell: (pid, message) => workerOf(pid)?.send(message, () => {}),
  block: (ms) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
  kill,
};

createInterface({ input: runner }).on('line', async (line) => {
  const { seq, call, args } = JSON.parse(line);
  try {
    tell({ answers: seq, result: (await CALLS[call](...args)) ?? null });
  } catch (error) {
    tell({ answers: seq, error: error instanceof Error ? error.message : String(error) });
  }
});
runner.on('error', () => {});
runner.on('close', () => {
  // After stop() nothing may keep it running.
  if (supervisor.stats().state !== 'stopped') process.exit(1);
});
supervisor.on('upgrade:end', () => {
  supervisor.on('stopped', () => runner.end());
});
tell({ event: 'up', args: [process.pid] });
// As that of a program that is run anew: the one that it takes the place of has called start() once.
if (supervisor.isTakingOver) await supervisor.start();

/**
 * SIGKILL. Returns how many connections die with the worker. It is made to stand still to be counted,
 * for the kernel it is all the same.
 * @param {number} pid
 */
function kill(pid) {
  if (workerOf(pid) === undefined) return 0;
  process.kill(pid, 'SIGSTOP');
  while (!/^[TZX]/.test(stateOf(pid)));
  const open = connectionsOf(pid);
  process.kill(pid, 'SIGKILL');
  return open;
}

/** @param {number} pid */
function workerOf(pid) {
  return Object.values(cluster.workers ?? {}).find((worker) => worker?.process.pid === pid);
}

/** @param {number} pid */
function stateOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2);
}

/** @param {object} message */
function tell(message) {
  if (runner.writable) runner.write(`${JSON.stringify(message)}\n`);
}
