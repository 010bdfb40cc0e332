// Chaos under load. A round has its own load, whose every request is over before the next one begins: what
// failed in a calm round failed with no death near it.
import { setTimeout as delay } from 'node:timers/promises';
import { BOUND_MS, CALM, LIMITED, ROUGH } from './events.mjs';
import { zombiesOf } from './leftovers.mjs';
import { startLoad } from './load.mjs';
import { holds, until } from './wait.mjs';

const KEEP_ALIVE = 200;
/** A client asks every half second then. */
const PACED_RATE = KEEP_ALIVE * 2;
const NEW = { concurrency: 1_000, rate: 400 };
/** Before the load ends, for what was begun. */
const CALM_END_S = 2;

/**
 * @typedef {object} Round
 * @property {boolean} isRough
 * @property {boolean} isPaced
 * @property {Record<string, number>} events
 * @property {number} deaths
 * @property {Array<{ pid: number, ms: number, reason: string }>} hangs how long each took to end
 * @property {number} bound how many requests may fail: the connections that the dead had
 * @property {Record<'keepAlive' | 'new', import('./load.mjs').LoadReport>} loads
 * @property {string[]} troubles what did not end as it should
 * @property {number} connectionsLeft
 */

/**
 * @param {import('./program.mjs').Program} program
 * @param {{ seconds: number, isRough: boolean, isPaced: boolean }} plan
 * @param {ReturnType<import('./schedule.mjs').schedule>} next
 * @returns {Promise<Round>}
 */
export async function runRound(program, { seconds, isRough, isPaced }, next) {
  const { port } = program;
  const losses = watchLosses(program);
  const rate = isPaced ? PACED_RATE : 0;
  const loads = [
    startLoad('keep-alive', { port, seconds, concurrency: KEEP_ALIVE, rate }),
    startLoad('http', { port, seconds, ...NEW }),
  ];
  const reports = Promise.all(loads.map(({ report }) => report));
  const { events, troubles } = await wreak(
    program,
    (seconds - CALM_END_S) * 1_000,
    isRough,
    next,
    losses,
  );
  const isSettled = await holds(() => isWhole(program), BOUND_MS);
  if (!isSettled) troubles.push('not every seat had one ready worker again');
  const [keepAlive, shortLived] = await reports;
  losses.end();
  const connectionsLeft = await countLeft(program);
  return {
    isRough,
    isPaced,
    events,
    deaths: losses.byPid.size,
    hangs: losses.hangs,
    bound: [...losses.byPid.values()].reduce((sum, open) => sum + open, 0),
    loads: { keepAlive, new: shortLived },
    troubles,
    connectionsLeft,
  };
}

/**
 * Events one after another, whether or not the last one is over, for so long; resolves when all are over.
 * @param {import('./program.mjs').Program} program
 * @param {number} ms
 * @param {boolean} isRough
 * @param {ReturnType<import('./schedule.mjs').schedule>} next
 * @param {ReturnType<typeof watchLosses>} losses
 */
async function wreak(program, ms, isRough, next, losses) {
  /** @type {Record<string, number>} */
  const events = {};
  /** @type {string[]} */
  const troubles = [];
  /** @type {Set<Promise<void>>} */
  const underWay = new Set();
  /** @type {Set<number>} */
  const taken = new Set();
  /** @type {Record<string, number>} */
  const running = { changes: 0, hangs: 0 };
  const end = performance.now() + ms;

  while (performance.now() < end && !program.isGone) {
    const { name, pauseMs, target, amount } = next(isRough);
    await delay(pauseMs);
    const limit = LIMITED[name];
    const hasRoom = () => limit === undefined || running[limit.of] + limit.takes <= limit.most;
    if (!(await holds(hasRoom, end - performance.now()))) break;
    if (limit !== undefined) running[limit.of] += limit.takes;
    events[name] = (events[name] ?? 0) + 1;
    const scene = {
      program,
      isRough,
      target,
      amount,
      pick: (/** @type {number} */ share) => pick(program, taken, share),
      alone: async (/** @type {number} */ pid, /** @type {() => Promise<void>} */ run) => {
        program.harmed.add(pid);
        taken.add(pid);
        await run();
        taken.delete(pid);
      },
      doom: (/** @type {number} */ pid) => {
        program.harmed.add(pid);
        taken.add(pid);
      },
      lose: losses.add,
    };
    const event = { ...CALM, ...ROUGH }
      [name](scene)
      .catch((error) => void troubles.push(`${name}: ${error.message}`))
      .finally(() => {
        underWay.delete(event);
        if (limit !== undefined) running[limit.of] -= limit.takes;
      });
    underWay.add(event);
  }
  await Promise.all(underWay);
  return { events, troubles };
}

/**
 * @param {import('./program.mjs').Program} program
 * @param {Set<number>} taken
 * @param {number} share from 0 up to 1
 */
async function pick({ ready }, taken, share) {
  /** @type {number[]} */
  let free = [];
  await until(
    'there is a ready worker',
    () => {
      free = [...ready].filter((pid) => !taken.has(pid));
      return free.length > 0;
    },
    BOUND_MS,
  );
  return free[Math.floor(share * free.length)];
}

/**
 * Adds up what the deaths of a round may cost.
 * @param {import('./program.mjs').Program} program
 */
function watchLosses(program) {
  /** @type {Map<number, number>} */
  const byPid = new Map();
  /** @type {Map<number, number>} */
  const hungAt = new Map();
  /** @type {Round['hangs']} */
  const hangs = [];
  /**
   * @param {number} pid
   * @param {number} open
   */
  const add = (pid, open) => {
    byPid.set(pid, Math.max(open, byPid.get(pid) ?? 0));
  };
  /**
   * @param {string} event
   * @param {import('./program.mjs').Told & { open: number }} told
   */
  const onTold = (event, { pid, open, reason }) => {
    if (event === 'hanging' || event === 'worker:hung') add(pid, open);
    if (event === 'hanging') hungAt.set(pid, performance.now());
    const since = hungAt.get(pid);
    if (event !== 'worker:exited' || since === undefined) return;
    const ms = Math.round(performance.now() - since);
    hangs.push({ pid, ms, reason: String(reason) });
  };
  program.on('told', onTold);
  return { byPid, hangs, add, end: () => void program.off('told', onTold) };
}

/**
 * Each seat has one worker, which is ready.
 * @param {import('./program.mjs').Program} program
 */
export async function isWhole(program) {
  const { wanted, seats } = await program.call('stats');
  return (
    seats.length === wanted &&
    seats.every(
      (/** @type {import('rondo').SeatStats} */ { workers }) =>
        workers.length === 1 && workers[0]?.state === 'ready',
    ) &&
    zombiesOf(program.pid).length === 0
  );
}

/**
 * Those that somebody still has though no client is there any more.
 * @param {import('./program.mjs').Program} program
 */
async function countLeft(program) {
  let left = 0;
  await holds(async () => {
    const { dispatcher } = await program.call('stats');
    left = dispatcher.waiting;
    for (const { pending, open } of dispatcher.slots) left += pending + open;
    return left === 0;
  }, 5_000);
  return left;
}
