// Reloads, asked for in every way, to releases good and bad.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isOfHit, pidIn } from './hits.mjs';
import { HANG_MS } from './load.mjs';
import { BOUND_MS, until } from './wait.mjs';

/** @typedef {import('./events.mjs').Event} Event */
/** @typedef {import('./program.mjs').Program} Program */

const MOST_TRIES = 8;
const BETWEEN_SIGNALS_MS = 10;
/** Of a release that never listens; longer than any other one takes here. */
const START_TIMEOUT_MS = 1_500;

/** A reload that fails for what the run has done to a new worker is asked for again. @param {Program} program */
export async function reload(program) {
  for (let tries = 1; ; tries++) {
    try {
      return await program.call('reload', {});
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      if (tries === MOST_TRIES || !(await isOfHit(program, message))) throw error;
    }
  }
}

/**
 * Another process takes the primary's place. One that fails for what the run has done to a new worker is tried again.
 * @param {Program} program
 * @param {() => Promise<unknown>} ask
 */
async function upgrade(program, ask) {
  const old = program.pid;
  for (let tries = 1; ; tries++) {
    const before = new Set(program.pids);
    try {
      await ask();
      break;
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      // Those of the new process end with it, in whatever they are about.
      for (const pid of program.pids) if (!before.has(pid)) program.harmed.add(pid);
      if (tries === MOST_TRIES || !(await isOfHit(program, message))) throw error;
    }
  }
  await until('the new process has said so', () => program.pid !== old, BOUND_MS);
  await until('the old process has ended', () => !isAlive(old), BOUND_MS);
}

/** @param {Program} program */
async function upgradeBySignal(program) {
  /** @type {Promise<string | null>} */
  const asked = new Promise((resolve) => {
    const onTold = (/** @type {string} */ event, /** @type {string | null} */ error) => {
      if (event !== 'upgrade:asked') return;
      program.off('told', onTold);
      resolve(error);
    };
    program.on('told', onTold);
  });
  program.signalGroup('SIGUSR2');
  const error = await asked;
  if (error !== null) throw new Error(error);
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * No request may fail, since none of them serves, or it does and ends in order.
 * @type {Record<string, Event>}
 */
export const CALM_RELOADS = {
  reload: ({ program }) => reload(program),

  async release({ program, releases, isRough }) {
    releases.turn();
    await reload(program);
    releases.removeOld();
    const served = await releaseAt(program).catch((error) => {
      // There it may be asked of a worker that is killed.
      if (isRough) return releases.name;
      throw error;
    });
    if (served !== releases.name) throw new Error(`${served} serves, not ${releases.name}`);
  },

  'release that throws at load': ({ program }) => refuse(program, 'throws'),

  'release that never listens': ({ program }) =>
    refuse(program, 'never listens', { startTimeoutMs: START_TIMEOUT_MS }),

  'release that throws soon': ({ program }) => refuse(program, 'errs'),

  'two SIGHUP to the group': ({ program }) => reloadBySignals(program, ['SIGHUP', 'SIGHUP']),

  upgrade: ({ program }) => upgrade(program, () => program.call('upgrade')),

  'SIGUSR2 to the group': ({ program }) => upgrade(program, () => upgradeBySignal(program)),
};

/** They serve, and die with what they have. @type {Record<string, Event>} */
export const ROUGH_RELOADS = {
  'release that dies soon': ({ program }) => refuse(program, 'dies'),

  // Each keeps a core busy.
  'release that hangs at once': ({ program }) => refuse(program, 'hangs', { parallel: 1 }),
};

/**
 * @param {Program} program
 * @param {string} bad
 * @param {object} [changes]
 */
async function refuse(program, bad, changes = {}) {
  const before = new Set(program.pids);
  try {
    await program.call('reload', { ...changes, env: { ...program.env, BAD: bad } });
  } catch (error) {
    if (pidIn(/** @type {Error} */ (error).message) === null) throw error;
    return;
  } finally {
    for (const pid of program.pids) if (!before.has(pid)) program.harmed.add(pid);
  }
  throw new Error('it was taken for good');
}

/**
 * @param {Program} program
 * @param {NodeJS.Signals[]} signals
 */
async function reloadBySignals(program, signals) {
  /** @type {Array<string | null>} how each of them ended */
  const ends = [];
  const onTold = (/** @type {string} */ event, /** @type {string | null} */ error) => {
    if (event === 'reload:asked') ends.push(error);
  };
  program.on('told', onTold);
  try {
    for (const signal of signals) {
      program.signalGroup(signal);
      await delay(BETWEEN_SIGNALS_MS);
    }
    // Of two that come before the process has a turn the kernel keeps one.
    const isDone = async () => ends.length > 0 && (await program.call('stats')).reloads === 0;
    await until(`${signals.join(', ')}: the reloads are done`, isDone, BOUND_MS);
  } finally {
    program.off('told', onTold);
  }
  for (const error of ends) {
    if (error !== null && !(await isOfHit(program, error))) throw new Error(error);
  }
}

/** @param {Program} program */
async function releaseAt({ port }) {
  const response = await fetch(`http://127.0.0.1:${port}/release`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(HANG_MS),
  });
  return response.text();
}
