/**
 * What is counted of a Supervisor's seats, over all processes that each has had, and of its reloads. A worker's
 * numbers are its tally's for as long as anything of it is left, and are added to its seat's when nothing is;
 * so none ever falls, though workers come and go and a reload gives a seat another slot. It is told what happens,
 * as everybody is (teller.ts), and a question changes nothing.
 */

import cluster from 'node:cluster';
import type { Tally } from '../dispatcher/tally.js';
import type { ProcessCounts, Times } from '../dispatcher/transport.js';
import { TIME_BOUNDS_S } from '../native.js';
import { rondo } from './forking.js';
import type { SupervisorEvents, WorkerInfo, WorkerReason } from './types.js';

/** Connections of one seat; see `SlotStats`. */
export const COUNTERS = [
  'handed',
  'received',
  'ended',
  'refused',
  'reclaimed',
  'unfinished',
  'lost',
] as const;

export type Counter = (typeof COUNTERS)[number];

export interface SeatSums {
  counters: Record<Counter, number>;
  handoffErrors: Record<string, number>;
  queueTimes: Times;
  handoffTimes: Times;
  cpuS: number;
}

export interface SeatFigures extends SeatSums {
  seat: number;
  starts: number;
  /** Of processes that have ended. */
  exits: Partial<Record<WorkerReason, number>>;
  /** Of those that are not over, by the ids of node:cluster. */
  workers: ReadonlyMap<number, ProcessCounts>;
}

export interface ReloadFigures {
  begun: number;
  done: number;
  failed: number;
  /** How long the last one took that is over; null before. */
  lastMs: number | null;
}

/** A seat that is counted. */
interface Account {
  starts: number;
  exits: Partial<Record<WorkerReason, number>>;
  past: SeatSums;
  tallies: Map<number, Tally>;
}

export class Figures {
  readonly #seats = new Map<number, Account>();
  readonly #reloads: ReloadFigures = { begun: 0, done: 0, failed: 0, lastMs: null };
  #reloadBegan = 0;

  get reloads(): ReloadFigures {
    return { ...this.#reloads };
  }

  /** All that there have been, by their numbers. */
  seats(): SeatFigures[] {
    return [...this.#seats]
      .sort(([a], [b]) => a - b)
      .map(([seat, { starts, exits, past, tallies }]) => {
        const workers = new Map([...tallies].map(([id, tally]) => [id, tally.counts()]));
        const sums = copyOf(past);
        for (const counts of workers.values()) add(sums, counts);
        return { seat, starts, exits: { ...exits }, workers, ...sums };
      });
  }

  readonly note = <E extends keyof SupervisorEvents>(
    event: E,
    ...args: SupervisorEvents[E]
  ): void => {
    switch (event) {
      case 'worker:starting':
        return this.#onStarting(args[0] as WorkerInfo);
      case 'worker:exited':
        return this.#onExited(args[0] as WorkerInfo);
      case 'reload:begin':
        this.#reloads.begun++;
        this.#reloadBegan = performance.now();
        return;
      case 'reload:end':
        this.#reloads.done++;
        return this.#noteReload();
      case 'reload:failed':
        this.#reloads.failed++;
        return this.#noteReload();
    }
  };

  #onStarting({ seat, id }: WorkerInfo): void {
    const account = this.#account(seat);
    account.starts++;
    const worker = cluster.workers?.[id];
    const tally = worker === undefined ? null : (rondo()?.slotOf(worker)?.tally ?? null);
    if (tally === null) return;
    account.tallies.set(id, tally);
    tally.whenFinal((last) => {
      account.tallies.delete(id);
      add(account.past, last);
    });
  }

  #onExited({ seat, reason }: WorkerInfo): void {
    const { exits } = this.#account(seat);
    if (reason !== null) exits[reason] = (exits[reason] ?? 0) + 1;
  }

  #noteReload(): void {
    this.#reloads.lastMs = performance.now() - this.#reloadBegan;
  }

  #account(seat: number): Account {
    let account = this.#seats.get(seat);
    if (account === undefined) {
      account = { starts: 0, exits: {}, past: nothing(), tallies: new Map() };
      this.#seats.set(seat, account);
    }
    return account;
  }
}

export function nothing(): SeatSums {
  return {
    counters: Object.fromEntries(COUNTERS.map((key) => [key, 0])) as Record<Counter, number>,
    handoffErrors: {},
    queueTimes: noTimes(),
    handoffTimes: noTimes(),
    cpuS: 0,
  };
}

function noTimes(): Times {
  return { counts: Array(TIME_BOUNDS_S.length + 1).fill(0), sumS: 0 };
}

export function copyOf({
  counters,
  handoffErrors,
  queueTimes,
  handoffTimes,
  cpuS,
}: SeatSums): SeatSums {
  return {
    counters: { ...counters },
    handoffErrors: { ...handoffErrors },
    queueTimes: { ...queueTimes, counts: [...queueTimes.counts] },
    handoffTimes: { ...handoffTimes, counts: [...handoffTimes.counts] },
    cpuS,
  };
}

export function add(to: SeatSums, counts: ProcessCounts): void {
  for (const key of COUNTERS) to.counters[key] += counts[key];
  for (const [code, count] of Object.entries(counts.handoffErrors)) {
    to.handoffErrors[code] = (to.handoffErrors[code] ?? 0) + count;
  }
  addTimes(to.queueTimes, counts.queueTimes);
  addTimes(to.handoffTimes, counts.handoffTimes);
  to.cpuS += counts.cpuS ?? 0;
}

function addTimes(to: Times, { counts, sumS }: Times): void {
  to.sumS += sumS;
  for (let i = 0; i < counts.length; i++) {
    to.counts[i] = (to.counts[i] as number) + (counts[i] as number);
  }
}
