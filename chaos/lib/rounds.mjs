// Chaos under load. A round has its own load, whose every request is over before the next one begins: what
// failed in a calm round failed with no death near it.
import { setTimeout as delay } from 'node:timers/promises';
import { keepDiary } from './diary.mjs';
import { CALM, ROOM, ROUGH, TAKES } from './events.mjs';
import { zombiesOf } from './leftovers.mjs';
import { startLoad } from './load.mjs';
import { watchLosses } from './losses.mjs';
import { askAtPath } from './path-client.mjs';
import { postAtPort } from './post-clients.mjs';
import { BOUND_MS, holds, until } from './wait.mjs';

const KEEP_ALIVE = 200;
/** A client asks every half second then. */
const PACED_RATE = KEEP_ALIVE * 2;
const NEW = { concurrency: 1_000, rate: 400 };
/** Before the load ends, for what was begun. */
const CALM_END_S = 2;
/** A worker is watched by a reload for as long as minUptimeMs. */
const SETTLED_MS = 1_500;
const NEW_SHARE = 0.2;

/**
 * @typedef {object} Round
 * @property {boolean} isRough
 * @property {boolean} isPaced
 * @property {Record<string, number>} events
 * @property {number} deaths
 * @property {Array<{ pid: number, ms: number, reason: string }>} hangs how long each took to end
 * @property {number} bound how many requests may fail: the connections that the dead had
 * @property {Record<'keepAlive' | 'new', import('./load.mjs').LoadReport>} loads
 * @property {import('./path-client.mjs').PathReport} atPath
 * @property {import('./post-clients.mjs').PostReport} posts
 * @property {number} moved connections that workers gave back, and that were dealt again, or passed to another process
 * @property {string[]} troubles what did not end as it should
 * @property {number} connectionsLeft
 * @property {import('./diary.mjs').Entry[]} diary
 */

/**
 * @param {import('./program.mjs').Program} program
 * @param {import('./releases.mjs').Releases} releases
 * @param {import('./schedule.mjs').Plan} plan
 * @param {import('./schedule.mjs').Next} next
 * @returns {Promise<Round>}
 */
export async function runRound(program, releases, plan, next) {
  const { seconds, isRough, isPaced, eventsMs = (seconds - CALM_END_S) * 1_000 } = plan;
  const { port } = program;
  const losses = watchLosses(program);
  const diary = keepDiary(program);
  const rate = isPaced ? PACED_RATE : 0;
  const loads = [
    startLoad('keep-alive', { port, seconds, concurrency: KEEP_ALIVE, rate }),
    startLoad('http', { port, seconds, ...NEW }),
  ];
  const reports = Promise.all(loads.map(({ report }) => report));
  const pathClient = askAtPath(releases.socket);
  const postClients = postAtPort(port);
  const moves = watchMoves(program);
  const base = { program, releases, isRough, lose: losses.add, note: diary.note };
  const { events, troubles } = await wreak(base, eventsMs, next);
  const isSettled = await holds(() => isWhole(program), BOUND_MS);
  if (!isSettled) troubles.push('not every seat had one ready worker again');
  const [keepAlive, shortLived] = await reports;
  const atPath = await pathClient.end();
  const posts = await postClients.end();
  const moved = await moves.end();
  losses.end();
  diary.end();
  const connectionsLeft = await countLeft(program);
  return {
    isRough,
    isPaced,
    events,
    deaths: losses.byPid.size,
    hangs: losses.hangs,
    bound: [...losses.byPid.values()].reduce((sum, open) => sum + open, 0),
    loads: { keepAlive, new: shortLived },
    atPath,
    posts,
    moved,
    troubles,
    connectionsLeft,
    diary: diary.entries,
  };
}

/**
 * Events one after another, whether or not the last one is over, for so long; resolves when all are over.
 * @param {Pick<import('./events.mjs').Scene, 'program' | 'releases' | 'isRough' | 'lose'> & { note: (text: string) => void }} base
 * @param {number} ms
 * @param {import('./schedule.mjs').Next} next
 */
async function wreak(base, ms, next) {
  const { program, isRough } = base;
  /** @type {Record<string, number>} */
  const events = {};
  /** @type {string[]} */
  const troubles = [];
  /** @type {Set<Promise<void>>} */
  const underWay = new Set();
  /** @type {Set<number>} */
  const taken = new Set();
  const room = { ...ROOM };
  const end = performance.now() + ms;

  while (performance.now() < end && !program.isGone) {
    const scheduled = next(isRough);
    if (scheduled === null) break;
    const { name, pauseMs, target, amount } = scheduled;
    await delay(pauseMs);
    const scene = {
      ...base,
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
    };
    const takes = Object.entries(TAKES[name] ?? {});
    const enter = () => {
      if (takes.some(([what, count]) => count > room[what])) return false;
      for (const [what, count] of takes) room[what] -= count;
      return true;
    };
    const event = holds(enter, end - performance.now()).then(async (isEntered) => {
      // It waits while others go on, and is not begun too late.
      if (!isEntered) return;
      events[name] = (events[name] ?? 0) + 1;
      base.note(name);
      try {
        await { ...CALM, ...ROUGH }[name](scene);
      } catch (error) {
        troubles.push(`${name}: ${/** @type {Error} */ (error).message}`);
      }
      for (const [what, count] of takes) room[what] += count;
    });
    underWay.add(event);
  }
  await Promise.all(underWay);
  return { events, troubles };
}

/**
 * Seldom a new one while that is watched: a reload fails then, as it should, and begins anew.
 * @param {import('./program.mjs').Program} program
 * @param {Set<number>} taken
 * @param {number} share from 0 up to 1
 */
async function pick({ ready, readyAt, hit }, taken, share) {
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
  const settledAt = performance.now() - SETTLED_MS;
  const settled = free.filter((pid) => (readyAt.get(pid) ?? Infinity) < settledAt);
  const some = settled.length > 0 && (share * 8) % 1 > NEW_SHARE ? settled : free;
  const pid = some[Math.floor(share * some.length)];
  hit.add(pid);
  return pid;
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
 * Each process counts its own, so it is a lower bound where one takes another's place.
 * @param {import('./program.mjs').Program} program
 */
function watchMoves(program) {
  const first = movedBy(program);
  return {
    async end() {
      const [before, after] = [await first, await movedBy(program)];
      return after.pid === before.pid ? after.moved - before.moved : after.moved;
    },
  };
}

/** @param {import('./program.mjs').Program} program */
async function movedBy(program) {
  const { pid } = program;
  const { moved, takenOver } = (await program.call('stats')).dispatcher.idle;
  return { pid, moved: moved + takenOver };
}

/**
 * Those that somebody still has though no client is there any more.
 * @param {import('./program.mjs').Program} program
 */
async function countLeft(program) {
  let left = 0;
  await holds(async () => {
    const { dispatcher } = await program.call('stats');
    left = dispatcher.waiting + dispatcher.idle.held;
    for (const { pending, open } of dispatcher.slots) left += pending + open;
    return left === 0;
  }, 5_000);
  return left;
}
