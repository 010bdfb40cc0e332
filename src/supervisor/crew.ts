/**
 * All seats of a Supervisor with their workers: makes them more or fewer, and ends them. Which of it
 * happens when, and that it happens one after another, is the Supervisor's; a reload is in reload.ts.
 */

import type { Worker } from 'node:cluster';
import { validateSlotOptions } from '../dispatcher/options.js';
import { invalidOption, RondoError } from '../errors.js';
import type { SlotOptions } from '../types/options.js';
import { forkWorker, rondo, slotOf } from './forking.js';
import type { SystemErrorFields } from './messages.js';
import { OomWatch } from './oom.js';
import type { ValidSupervisorOptions } from './options.js';
import { Seat, type SeatHost } from './seat.js';
import type { Teller } from './teller.js';
import type { SeatStats, StopSignal, WorkerInfo, WorkerReason, WorkerState } from './types.js';
import { WorkerProcess } from './worker-process.js';

/** Why there is no worker any more. */
export interface CrewFailure {
  lastOutput: string;
  seat: number;
  listenError: SystemErrorFields | null;
}

export interface CrewHost {
  options(): ValidSupervisorOptions;
  teller: Teller;
  onWorker(worker: WorkerInfo): void;
  /** After any change of a seat. */
  onChange(): void;
  onFailed(failure: CrewFailure): void;
}

export class Crew {
  readonly #host: CrewHost;
  readonly #seats: Seat[] = [];
  /** Those that were removed and still drain. */
  readonly #leaving = new Set<Seat>();
  /** How often seats of those numbers had failed that were removed. */
  readonly #failed: number[] = [];
  /** Looks after each change whether what they wait for has come. */
  readonly #looks = new Set<() => void>();
  readonly #oom = new OomWatch();
  #hasBeenWell = false;
  #isClosed = false;

  constructor(host: CrewHost) {
    this.#host = host;
  }

  /** Those that are to have a worker, by their numbers. */
  get seats(): readonly Seat[] {
    return this.#seats;
  }

  /** All that are alive, also in seats that were removed. */
  get workers(): readonly WorkerProcess[] {
    return this.#everySeat().flatMap(({ workers }) => workers);
  }

  get ready(): number {
    return this.#seats.filter(({ isReady }) => isReady).length;
  }

  /** Every seat has a ready worker or has stopped, and one has a ready worker. */
  get isSettled(): boolean {
    const isOver = this.#seats.every((seat) => seat.isReady || isWithoutWorker(seat));
    return isOver && this.ready > 0;
  }

  stats(): SeatStats[] {
    return this.#everySeat().map((seat) => seat.stats());
  }

  outline(): Array<{ id: number; states: WorkerState[] }> {
    return this.#everySeat().map(({ id, workers }) => ({
      id,
      states: workers.map(({ state }) => state),
    }));
  }

  find(worker: Worker): WorkerProcess | undefined {
    return this.workers.find((one) => one.worker === worker);
  }

  /** Adds seats up to that number, and starts their workers. */
  grow(count: number): readonly Seat[] {
    const added: Seat[] = [];
    while (this.#seats.length < count && !this.#isClosed) {
      const id = this.#seats.length;
      const seat = new Seat(id, this.#host.options(), this.#seatHost, this.#failed[id]);
      this.#seats.push(seat);
      added.push(seat);
    }
    // After all are there: a first one that fails at once is not the last one.
    for (const seat of added) seat.start();
    return added;
  }

  /**
   * Resolves when new seats have a ready worker, with what resolves when the workers of removed seats have
   * ended. Rejects if a new seat stops.
   */
  async resize(count: number): Promise<{ ended: Promise<void> }> {
    const added = this.grow(count);
    const removed = this.#seats.splice(count);
    for (const seat of removed) {
      this.#leaving.add(seat);
      this.#failed[seat.id] = seat.failures;
    }
    const ended = removed.map(async (seat) => {
      await seat.close('scale');
      this.#leaving.delete(seat);
    });
    if (removed.length > 0) this.#onChange();
    await this.#whenReady(added);
    return { ended: Promise.all(ended).then(() => {}) };
  }

  /** Throws `ERR_RONDO_INVALID_OPTION`, and `ERR_RONDO_SUPERVISOR_STATE` as long as there are none. */
  seat(id: number): Seat {
    const seat = this.#seats.find((one) => one.id === id);
    if (seat !== undefined) return seat;
    if (this.#seats.length === 0) {
      throw new RondoError(
        'ERR_RONDO_SUPERVISOR_STATE',
        'No worker is started before the agent is ready',
      );
    }
    throw invalidOption('seat', `an integer from 0 to ${this.#seats.length - 1}`, id);
  }

  /**
   * The seat stays without a worker. Throws `ERR_RONDO_LAST_WORKER` if no other one has a ready worker, unless it is forced. With
   * what resolves when its workers have ended.
   */
  drain(id: number, isForced: boolean): { ended: Promise<void> } {
    const seat = this.seat(id);
    const isAlone = !this.#seats.some((other) => other !== seat && other.isReady);
    if (isAlone && !isForced && seat.state !== 'drained') {
      throw new RondoError(
        'ERR_RONDO_LAST_WORKER',
        `No other worker is ready than that of seat ${id}`,
        {
          seat: id,
        },
      );
    }
    let ended = Promise.resolve();
    this.#host.teller.during(() => {
      ended = seat.drain('drain');
      this.#onChange();
    });
    return { ended };
  }

  /** Of the seat's worker and those that follow. Throws as {@link validateSlotOptions}. */
  configureSeat(id: number, changes: SlotOptions): void {
    const seat = this.seat(id);
    seat.dealing = validateSlotOptions(changes, seat.dealing);
    for (const { worker } of seat.workers) slotOf(worker)?.configure(seat.dealing);
  }

  /** Resolves when every seat has a worker that is well. Rejects when one fails, though it may be tried again. */
  whenWell(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const lost = this.#seats.find(({ failure }) => failure !== null);
        if (lost === undefined && !this.#isClosed) {
          if (!this.#seats.every(({ current }) => current?.isWell === true)) return;
          resolve();
        }
        this.#looks.delete(look);
        reject(lost === undefined ? stopping() : failureOf(lost));
      };
      this.#looks.add(look);
      look();
    });
  }

  /** No worker is started any more; those that there are go on. */
  freeze(): void {
    this.#isClosed = true;
    for (const seat of this.#everySeat()) seat.leave();
    this.#look();
  }

  /** Resolves when every worker has drained and ended. */
  async close(signal: StopSignal, reason: WorkerReason = 'stop', moves?: boolean): Promise<void> {
    this.freeze();
    await Promise.all(this.#everySeat().map((seat) => seat.close(reason, signal, moves)));
  }

  /** Kills every worker; with `mayDrain` those that drain already finish. Resolves when all are gone. */
  async kill(mayDrain = false): Promise<void> {
    this.freeze();
    const { workers } = this;
    for (const seat of this.#everySeat()) seat.kill(mayDrain);
    await Promise.all(workers.map(({ whenExited }) => whenExited));
  }

  /** Kills because of exhausted memory that ended no worker. */
  forgetKills(): void {
    this.#oom.forget();
  }

  #everySeat(): Seat[] {
    return [...this.#seats, ...this.#leaving];
  }

  /** Rejects when one of them stops. */
  #whenReady(seats: readonly Seat[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const lost = seats.find(({ state }) => state === 'stopped' || state === 'closed');
        if (lost === undefined && !seats.every(({ isReady }) => isReady)) return;
        this.#looks.delete(look);
        if (lost === undefined) resolve();
        else reject(this.#isClosed ? stopping() : lostError(lost));
      };
      this.#looks.add(look);
      look();
    });
  }

  #onChange(): void {
    this.#look();
    this.#host.onChange();
  }

  #look(): void {
    for (const look of [...this.#looks]) look();
  }

  readonly #seatHost: SeatHost = {
    fork: (seat, options) => this.#fork(seat, options),
    isHopeless: ({ listenError }) => listenError !== null && !this.#hasBeenWell,
    lacking: (next, old) => rondo()?.lacking(next.worker, old?.worker ?? null) ?? [],
    onHurried: (worker) => this.#host.teller.tell('worker:hurried', worker.info()),
    onWaiting: (seat, delayMs) => {
      this.#host.teller.tell('seat:waiting', seat.id, delayMs);
      this.#onChange();
    },
    onStopped: (seat, lastOutput, worker) => {
      this.#host.teller.tell('seat:stopped', seat.id, lastOutput);
      const listenError = this.#hasBeenWell ? null : (worker?.listenError ?? null);
      if (listenError !== null || this.#seats.every(isWithoutWorker)) {
        this.#host.onFailed({ lastOutput, seat: seat.id, listenError });
      } else {
        this.#onChange();
      }
    },
  };

  #fork(seat: Seat, options: ValidSupervisorOptions): WorkerProcess {
    if (this.#isClosed) throw stopping();
    const { onWorker, teller } = this.#host;
    const process = new WorkerProcess(seat.id, forkWorker(seat, options), options, {
      onState: (process) => {
        teller.during(() => {
          onWorker(process.info());
          seat.onState(process);
          this.#onChange();
        });
      },
      onWell: (process) => {
        this.#hasBeenWell = true;
        teller.during(() => {
          seat.onWell(process);
          this.#onChange();
        });
      },
      awaited: (process) => seat.awaited(process),
      onAwaited: (process, awaited) => teller.tell('worker:awaited', process.info(), awaited),
      onError: (process, stack) => teller.tell('worker:error', process.info(), stack),
      release: ({ worker }) => rondo()?.release(worker),
      takeOomKill: () => this.#oom.take(),
    });
    onWorker(process.info());
    return process;
  }
}

/** And gets none by itself. */
function isWithoutWorker({ state }: Seat): boolean {
  return state === 'stopped' || state === 'drained';
}

function stopping(): RondoError {
  return new RondoError('ERR_RONDO_SUPERVISOR_STATE', 'The supervisor was stopped');
}

function failureOf({ id, failure }: Seat): RondoError {
  const { message = '', lastOutput = '' } = failure as Error & { lastOutput?: string };
  return new RondoError('ERR_RONDO_START_FAILED', message, { seat: id, lastOutput });
}

function lostError({ id, state }: Seat): RondoError {
  return new RondoError('ERR_RONDO_START_FAILED', `Seat ${id} is ${state}`, { seat: id });
}
