// The run: one Supervisor, rounds of chaos, and what is left of it; then some more, only to be ended.
import { ENDINGS, endBy } from './endings.mjs';
import { CALM, GROW_MB, ROUGH } from './events.mjs';
import { countFds, markedPids, zombiesOf } from './leftovers.mjs';
import { watchOthers } from './others.mjs';
import { Program } from './program.mjs';
import { Releases } from './releases.mjs';
import { isWhole, runRound } from './rounds.mjs';
import { remainder, roundsOf, schedule } from './schedule.mjs';
import { judge } from './verdict.mjs';
import { BOUND_MS, holds, until } from './wait.mjs';
import { watch } from './witness.mjs';

const PRIMARY = new URL('../primary.mjs', import.meta.url);
const APP = new URL('../app.mjs', import.meta.url).pathname;
const SETTLE_MS = 5_000;
/** Of the programs that are started only to be ended. */
const FEW_WORKERS = 2;

/**
 * @param {number} workers
 * @param {Releases} releases
 */
function supervisorOptions(workers, releases) {
  return {
    exec: releases.exec,
    env: { SOCKET: releases.socket },
    workers,
    guard: true,
    hangTimeoutMs: 1_600,
    // Each new worker is watched for a second, and the start of each takes a core.
    parallel: 2,
    idleGraceMs: 200,
    // A worker that hangs while it drains is not killed earlier: all three together stay below HANG_MS.
    drainTimeoutMs: 1_500,
    killTimeoutMs: 500,
    // Far more fail here than would in peace, and the load is to meet workers.
    maxRestarts: 1_000_000,
    backoffMaxMs: 500,
    maxMemoryMb: GROW_MB,
  };
}

/** @typedef {{ seconds: number, workers: number, seed: number }} ChaosOptions */

/**
 * @param {ChaosOptions} options
 * @param {(round: import('./rounds.mjs').Round, index: number, count: number) => void} onRound
 */
export async function runChaos(options, onRound) {
  const releases = new Releases(APP);
  // Whatever comes: the directory is this run's own.
  process.once('exit', () => releases.remove());
  const program = open(options.workers, releases);
  const witness = watch(program);
  await start(program);
  const fdsBefore = countFds(program.pid);

  const othersCores = watchOthers(program);
  const rounds = await runRounds(program, releases, options, onRound);
  const loads = rounds.flatMap((round) => Object.values(round.loads));
  const others = othersCores(sum(loads, 'cpuS'));

  await program.call('scale', options.workers);
  await until('every worker is ready', () => isWhole(program), BOUND_MS);
  await holds(() => countFds(program.pid) === fdsBefore, SETTLE_MS);
  const fdsAfter = countFds(program.pid);
  const { dispatcher } = await program.call('stats');
  const zombies = zombiesOf(program.pid).length;

  const [first, ...more] = Object.keys(ENDINGS);
  const ended = [await endAndLook(program, first)];
  for (const name of more) {
    const another = open(FEW_WORKERS, releases);
    await start(another);
    ended.push(await endAndLook(another, name));
  }
  const after = {
    fdsBefore,
    fdsAfter,
    zombies: zombies + sum(ended, 'zombies'),
    closed: sum(dispatcher.listeners, 'closed'),
    lost: sum(dispatcher.slots, 'lost'),
    workersLeft: sum(ended, 'workersLeft'),
    marked: sum(ended, 'marked'),
    started: program.pids.size,
    endings: ended.map(({ ending }) => ending),
    stayed: ended.filter(({ isEnded }) => !isEnded).map(({ ending }) => ending.name),
  };
  const lines = judge(rounds, witness, after, [...KINDS]);
  return { rounds, ends: witness.ends, after, others, lines, stderr: program.stderr };
}

const KINDS = Object.keys({ ...CALM, ...ROUGH });

/**
 * @param {number} workers
 * @param {Releases} releases
 */
function open(workers, releases) {
  return new Program(PRIMARY, supervisorOptions(workers, releases), { isUpgradable: true });
}

/** @param {Program} program */
async function start(program) {
  await program.call('start');
  await until('every worker is ready', () => isWhole(program), BOUND_MS);
}

/**
 * @param {Program} program
 * @param {Releases} releases
 * @param {ChaosOptions} options
 * @param {(round: import('./rounds.mjs').Round, index: number, count: number) => void} onRound
 */
async function runRounds(program, releases, { seconds, seed }, onRound) {
  /** @type {import('./rounds.mjs').Round[]} */
  const rounds = [];
  const next = schedule(seed);
  const plans = roundsOf(seconds);
  for (const plan of plans) {
    rounds.push(await runRound(program, releases, plan, next));
    onRound(rounds[rounds.length - 1], rounds.length, plans.length);
  }
  const missing = KINDS.filter((kind) => !rounds.some(({ events }) => events[kind] > 0));
  const rest = remainder(missing, seed);
  if (rest !== null) {
    rounds.push(await runRound(program, releases, rest.plan, rest.next));
    onRound(rounds[rounds.length - 1], rounds.length, rounds.length);
  }
  return rounds;
}

/**
 * @param {Program} program
 * @param {string} name
 */
async function endAndLook(program, name) {
  const ending = await endBy(program, name);
  const left = markedPids().filter((pid) => pid !== program.pid);
  const workers = left.filter((pid) => program.pids.has(pid)).length;
  const zombies = zombiesOf(program.pid).length;
  const isEnded = await program.end();
  return { ending, workersLeft: workers, marked: left.length - workers, zombies, isEnded };
}

/**
 * @param {Array<Record<string, any>>} list
 * @param {string} figure
 */
function sum(list, figure) {
  return list.reduce((total, one) => total + one[figure], 0);
}
