/**
 * What is counted of a Supervisor's seats, over all processes that each has had, and of its reloads. A worker's
 * numbers are its tally's for as long as anything of it is left, and are added to its seat's when nothing is;
 * so none ever falls, though workers come and go and a reload gives a seat another slot. It is told what happens,
 * as everybody is (teller.ts), and a question changes nothing.
 */

import cluster from 'node:cluster';
import { addCounters, newFigures, type Tally } from '../dispatcher/tally.js';
import { Figure, type SlotFigures } from '../native/figures.js';
import { rondo } from './forking.js';
import type { SupervisorEvents, WorkerInfo, WorkerReason } from './types.js';

export interface SeatFigures {
  seat: number;
  starts: number;
  /** Of processes that have ended. */
  exits: Partial<Record<WorkerReason, number>>;
  /** Over all processes, and of those that are not over what is no counter: `open` and `pending`. */
  sums: SlotFigures;
  /** Errors of handing off, by code. */
  errors: Record<string, number>;
  /** Of those that are not over, by the ids of node:cluster. To be read before the next question. */
  workers: ReadonlyMap<number, SlotFigures>;
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
  /** Of processes of which nothing is left. */
  past: SlotFigures;
  pastErrors: Record<string, number>;
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
    return [...this.#seats].sort(([a], [b]) => a - b).map(([seat, account]) => read(seat, account));
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
    tally.whenFinal(() => {
      account.tallies.delete(id);
      addCounters(account.past, tally.figures());
      addErrors(account.pastErrors, tally.errors());
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
      account = {
        starts: 0,
        exits: {},
        past: newFigures(),
        pastErrors: {},
        tallies: new Map(),
      };
      this.#seats.set(seat, account);
    }
    return account;
  }
}

function read(seat: number, account: Account): SeatFigures {
  const { starts, exits, past, pastErrors, tallies } = account;
  const sums = past.slice() as SlotFigures;
  const errors = { ...pastErrors };
  const workers = new Map<number, SlotFigures>();
  for (const [id, tally] of tallies) {
    const figures = tally.figures();
    workers.set(id, figures);
    addCounters(sums, figures);
    sums[Figure.open] += figures[Figure.open];
    sums[Figure.pending] += figures[Figure.pending];
    addErrors(errors, tally.errors());
  }
  return { seat, starts, exits, sums, errors, workers };
}

function addErrors(to: Record<string, number>, from: Record<string, number>): void {
  for (const code in from) to[code] = (to[code] ?? 0) + (from[code] as number);
}
