// The run: one Supervisor, rounds of chaos, and what is left of it.
import { BOUND_MS, CALM, GROW_MB, ROUGH } from './events.mjs';
import { countFds, markedPids, zombiesOf } from './leftovers.mjs';
import { watchOthers } from './others.mjs';
import { Program } from './program.mjs';
import { isWhole, runRound } from './rounds.mjs';
import { roundsOf, schedule } from './schedule.mjs';
import { judge } from './verdict.mjs';
import { holds, until } from './wait.mjs';
import { watch } from './witness.mjs';

const PRIMARY = new URL('../primary.mjs', import.meta.url);
const APP = new URL('../app.mjs', import.meta.url).pathname;
const SETTLE_MS = 5_000;

/** @param {number} workers */
export function supervisorOptions(workers) {
  return {
    exec: APP,
    workers,
    guard: true,
    hangTimeoutMs: 1_200,
    // A reload fails, as it should, if its new worker is hit while that is watched.
    minUptimeMs: 0,
    idleGraceMs: 200,
    // A worker that hangs while it drains is not killed earlier, and no client may wait for 5 s.
    drainTimeoutMs: 2_000,
    killTimeoutMs: 500,
    // Far more fail here than would in peace, and the load is to meet workers.
    maxRestarts: 1_000_000,
    backoffMaxMs: 500,
    maxMemoryMb: GROW_MB,
  };
}

/**
 * @param {{ seconds: number, workers: number, seed: number }} options
 * @param {(round: import('./rounds.mjs').Round, index: number, count: number) => void} onRound
 */
export async function runChaos({ seconds, workers, seed }, onRound) {
  const program = new Program(PRIMARY, supervisorOptions(workers));
  const witness = watch(program);
  await program.call('start');
  await until('every worker is ready', () => isWhole(program), BOUND_MS);
  const fdsBefore = countFds(program.pid);

  const othersCores = watchOthers(program);
  const next = schedule(seed);
  const plans = roundsOf(seconds);
  /** @type {import('./rounds.mjs').Round[]} */
  const rounds = [];
  for (const plan of plans) {
    rounds.push(await runRound(program, plan, next));
    onRound(rounds[rounds.length - 1], rounds.length, plans.length);
  }

  const loads = rounds.flatMap((round) => Object.values(round.loads));
  const others = othersCores(sum(loads, 'cpuS'));

  await program.call('scale', workers);
  await until('every worker is ready', () => isWhole(program), BOUND_MS);
  await holds(() => countFds(program.pid) === fdsBefore, SETTLE_MS);
  const fdsAfter = countFds(program.pid);
  const { dispatcher } = await program.call('stats');
  const zombies = zombiesOf(program.pid).length;

  const stopAt = performance.now();
  await program.call('stop');
  const stopMs = Math.round(performance.now() - stopAt);
  const left = markedPids().filter((pid) => pid !== program.pid);
  const after = {
    fdsBefore,
    fdsAfter,
    zombies: zombies + zombiesOf(program.pid).length,
    closed: sum(dispatcher.listeners, 'closed'),
    lost: sum(dispatcher.slots, 'lost'),
    workersLeft: left.filter((pid) => program.pids.has(pid)).length,
    marked: left.filter((pid) => !program.pids.has(pid)).length,
    started: program.pids.size,
    endedByItself: await program.end(),
    stopMs,
  };
  const kinds = Object.keys({ ...CALM, ...ROUGH });
  const lines = judge(rounds, witness, after, kinds);
  return { rounds, ends: witness.ends, after, others, lines, stderr: program.stderr };
}

/**
 * @param {Array<Record<string, any>>} list
 * @param {string} figure
 */
function sum(list, figure) {
  return list.reduce((total, one) => total + one[figure], 0);
}
