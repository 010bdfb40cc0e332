// What can happen, and what follows from each in time (reloads are in reloads.mjs). An event is over when its consequences are: the
// worker that was hit has ended, the reload is done.

import { unlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connectionsOf } from './connections.mjs';
import { HANG_MS } from './load.mjs';
import { CALM_RELOADS, ROUGH_RELOADS } from './reloads.mjs';
import { BOUND_MS, until } from './wait.mjs';

export const SCALE = { least: 2, most: 6 };
/** More than any worker has that nothing has happened to. */
export const GROW_MB = 300;
const BLOCK_MS = 500;
/** In a calm round it has to be well under hangTimeoutMs, after which it would be killed. */
const STAND_MS = { least: 300, calm: 600, rough: 3_000 };
const WINDOW_MS = 500;
const MOVE_MS = { least: 200, most: 1_000 };
const THROW_WITHIN_MS = 300;
const POLICIES = [
  'round-robin',
  'least-connections',
  'two-choices',
  'least-loaded',
  'source-ip',
  'random',
  'weighted',
];
/** Of a primary that another one has replaced. */
const IS_LEAVING = /The supervisor is (stopping|stopped)|the primary ended/;
const REBALANCE = ['always', 'off', 'auto'];
const WINDOWS = ['auto', 1, 2, 4, 16, 64];

/**
 * What an event may use. `target` and `amount` are from 0 up to 1.
 * @typedef {object} Scene
 * @property {import('./program.mjs').Program} program
 * @property {import('./releases.mjs').Releases} releases
 * @property {boolean} isRough
 * @property {number} target
 * @property {number} amount
 * @property {(target: number) => Promise<number>} pick a ready worker that nothing else befalls
 * @property {(pid: number, run: () => Promise<void>) => Promise<void>} alone meanwhile it is not picked
 * @property {(pid: number) => void} doom it will die of what is done to it
 * @property {(pid: number, open: number) => void} lose what its death may cost
 */

/** @typedef {(scene: Scene) => Promise<void>} Event */

/** Of these no request may fail. @type {Record<string, Event>} */
export const CALM = {
  ...CALM_RELOADS,

  scale: ({ program, amount }) =>
    program.call('scale', SCALE.least + Math.floor(amount * (SCALE.most - SCALE.least + 1))),

  async recycle({ program, pick, target }) {
    const pid = await pick(target);
    const failedBefore = program.recyclesFailed;
    await program.call('tell', pid, { do: 'grow', mb: GROW_MB });
    // Not if the new one is hit: the next try comes 10 s later.
    await hasEnded(program, pid, () => program.recyclesFailed > failedBefore);
  },

  /**
   * The policy stays; a window that is set is for a while only. With 1 a worker receives one new connection in each
   * turn of its event loop, and beside so many clients in a closed loop that is less than the load opens.
   */
  async configure({ program, target, amount }) {
    await configure(program, {
      policy: oneOf(POLICIES, target),
      window: oneOf(WINDOWS, amount),
    });
    await delay(WINDOW_MS);
    await configure(program, { window: 'auto' });
  },

  /** Idle connections go back to the primary after each response, for a while. */
  async move({ program, target, amount }) {
    await configure(program, { rebalance: 'always' });
    await delay(MOVE_MS.least + amount * (MOVE_MS.most - MOVE_MS.least));
    await configure(program, { rebalance: oneOf(REBALANCE, target) });
  },

  /** SIGTERM that the supervisor knows nothing of. */
  async terminate({ program, pick, target }) {
    const pid = await pick(target);
    signal(pid, 'SIGTERM');
    await hasEnded(program, pid);
  },

  /** An uncaught error, by a timer of the program's own. */
  async 'error by timer'({ program, pick, target, amount }) {
    const pid = await pick(target);
    await program.call('tell', pid, { do: 'throw', ms: Math.round(amount * THROW_WITHIN_MS) });
    await hasEnded(program, pid);
  },

  /** By a request, which is answered before; whoever gets it. */
  async 'error by request'({ program, isRough }) {
    try {
      const response = await fetch(`http://127.0.0.1:${program.port}/throw`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(HANG_MS),
      });
      const pid = Number(await response.text());
      program.hit.add(pid);
      await hasEnded(program, pid);
    } catch (error) {
      // Here it may hit a worker that dies at that moment, which is counted by the loads.
      if (!isRough) throw error;
    }
  },

  async stand({ program, pick, alone, lose, target, amount, isRough }) {
    const pid = await pick(target);
    const most = isRough ? STAND_MS.rough : STAND_MS.calm;
    await alone(pid, async () => {
      signal(pid, 'SIGSTOP');
      await delay(STAND_MS.least);
      // It gets no more.
      const open = connectionsOf(pid);
      await delay(amount * (most - STAND_MS.least));
      signal(pid, 'SIGCONT');
      // A reload has not waited for it.
      if (isRough && program.exited.has(pid)) lose(pid, open);
    });
  },

  'block primary': ({ program }) => program.call('block', BLOCK_MS),

  /** By somebody who takes it for stale. */
  async 'path removed'({ releases }) {
    try {
      unlinkSync(releases.socket);
    } catch {
      // A worker has just done the same.
    }
  },
};

/** Of these the requests at the worker that dies fail. @type {Record<string, Event>} */
export const ROUGH = {
  async kill({ program, pick, doom, lose, target }) {
    const pid = await pick(target);
    doom(pid);
    lose(pid, await program.call('kill', pid));
    await hasEnded(program, pid);
  },

  async hang({ program, pick, doom, target }) {
    const pid = await pick(target);
    doom(pid);
    await program.call('tell', pid, { do: 'hang' });
    await hasEnded(program, pid);
  },

  ...ROUGH_RELOADS,
};

/**
 * Of a kind there is room for so many at a time; the next one waits. The supervisor makes one change after
 * another, a reload that waits takes another one's options over, and a worker that is to be recycled is
 * not if a reload comes first. What hangs keeps a core busy, and where all are, nothing at all goes on in
 * time.
 * @type {Record<string, Record<string, number>>}
 */
export const TAKES = {
  ...Object.fromEntries(
    Object.keys({ ...CALM_RELOADS, ...ROUGH_RELOADS, recycle: null }).map((name) => [
      name,
      { changes: 2 },
    ]),
  ),
  reload: { changes: 1 },
  scale: { changes: 1 },
  hang: { hangs: 1 },
  'release that hangs at once': { changes: 2, hangs: 1 },
};

/** @type {Record<string, number>} */
export const ROOM = { changes: 2, hangs: 1 };

/**
 * Also while another process takes the primary's place.
 * @param {import('./program.mjs').Program} program
 * @param {object} changes
 */
function configure(program, changes) {
  const isDone = async () => {
    try {
      await program.call('configure', changes);
      return true;
    } catch (error) {
      if (IS_LEAVING.test(/** @type {Error} */ (error).message)) return false;
      throw error;
    }
  };
  return until('the options are changed', isDone, BOUND_MS);
}

/**
 * @param {import('./program.mjs').Program} program
 * @param {number} pid
 * @param {() => boolean} isOff it will not end after all
 */
function hasEnded(program, pid, isOff = () => false) {
  const isDone = () => program.exited.has(pid) || isOff();
  return until(`worker ${pid} has ended`, isDone, BOUND_MS);
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} name
 */
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended.
  }
}

/**
 * @template T
 * @param {readonly T[]} list
 * @param {number} share from 0 up to 1
 */
function oneOf(list, share) {
  return list[Math.floor(share * list.length)];
}
