/**
 * All seats of a Supervisor with their workers: makes them more or fewer, replaces their workers, and ends
 * them. Which of it happens when, and that it happens one after another, is the Supervisor's.
 */

import type { Worker } from 'node:cluster';
import type { EventEmitter } from 'node:events';
import { RondoError } from '../errors.js';
import { forkWorker, rondo } from './forking.js';
import type { ValidSupervisorOptions } from './options.js';
import { Seat, type SeatHost } from './seat.js';
import type { SeatStats, StopSignal, SupervisorEvents } from './types.js';
import { WorkerProcess } from './worker-process.js';

export interface CrewHost {
  options(): ValidSupervisorOptions;
  events: EventEmitter<SupervisorEvents>;
  /** Every seat has a ready worker or has stopped, and one has a ready worker. */
  onSettled(): void;
  onAllStopped(lastOutput: string): void;
}

export class Crew {
  readonly #host: CrewHost;
  readonly #seats: Seat[] = [];
  /** Those that were removed and still drain. */
  readonly #leaving = new Set<Seat>();

  constructor(host: CrewHost) {
    this.#host = host;
  }

  /** Those that are to have a worker, by their numbers. */
  get seats(): readonly Seat[] {
    return this.#seats;
  }

  get draining(): readonly WorkerProcess[] {
    const all = this.#everySeat().flatMap(({ workers }) => workers);
    return all.filter(({ state }) => state === 'draining');
  }

  stats(): SeatStats[] {
    return this.#everySeat().map((seat) => seat.stats());
  }

  /** One of its processes, whose server was attached in place of listening. */
  onAttached(worker: Worker): void {
    if (this.#host.options().readyWhen !== 'listening') return;
    const all = this.#everySeat().flatMap(({ workers }) => workers);
    all.find((one) => one.worker === worker)?.setReady();
  }

  /** Adds seats up to that number, and starts their workers. */
  grow(count: number): readonly Seat[] {
    const added: Seat[] = [];
    while (this.#seats.length < count) {
      const seat = new Seat(this.#seats.length, this.#seatHost());
      this.#seats.push(seat);
      added.push(seat);
    }
    // After all are there: a first one that fails at once is not the last one.
    for (const seat of added) seat.start();
    return added;
  }

  /**
   * Resolves when new seats have a ready worker, and those of removed seats have ended. Rejects if a new
   * seat stops.
   */
  async resize(count: number): Promise<void> {
    const added = this.grow(count);
    const removed = this.#seats.splice(count);
    for (const seat of removed) this.#leaving.add(seat);
    await Promise.all(
      removed.map(async (seat) => {
        await seat.close('scale');
        this.#leaving.delete(seat);
      }),
    );
    await this.#whenReady(added);
  }

  /**
   * A new worker in each seat, so many at a time. Resolves when the old ones have begun to drain; rejects
   * with the first failure, and goes no further then. `check` may throw before each step.
   */
  async replaceAll(parallel: number, check: () => void): Promise<void> {
    for (let first = 0; first < this.#seats.length; first += parallel) {
      check();
      const some = this.#seats.slice(first, first + parallel);
      const replaced = await Promise.allSettled(some.map((seat) => seat.replace('reload')));
      for (const one of replaced) if (one.status === 'rejected') throw one.reason;
    }
  }

  /** Resolves when the workers that drain at the moment have ended. */
  async whenDrained(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.whenDrained()));
  }

  /** Resolves when every worker has drained and ended. */
  async close(signal: StopSignal): Promise<void> {
    await Promise.all(this.#everySeat().map((seat) => seat.close('stop', signal)));
  }

  kill(): void {
    for (const seat of this.#everySeat()) seat.kill();
  }

  #everySeat(): Seat[] {
    return [...this.#seats, ...this.#leaving];
  }

  /** Rejects when one of them stops. */
  #whenReady(seats: readonly Seat[]): Promise<void> {
    const { events } = this.#host;
    const telling = ['worker:ready', 'seat:stopped', 'stopping'] as const;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const lost = seats.find(({ state }) => state === 'stopped' || state === 'closed');
        if (lost === undefined && !seats.every(({ isReady }) => isReady)) return;
        for (const event of telling) events.off(event, look);
        if (lost === undefined) resolve();
        else reject(new RondoError('ERR_RONDO_START_FAILED', `Seat ${lost.id} is ${lost.state}`));
      };
      for (const event of telling) events.on(event, look);
      look();
    });
  }

  #seatHost(): SeatHost {
    const { events, options, onAllStopped } = this.#host;
    return {
      fork: (seat) => this.#fork(seat),
      options,
      onReady: () => this.#settle(),
      onWaiting: (seat, delayMs) => events.emit('seat:waiting', seat.id, delayMs),
      onStopped: (seat, lastOutput) => {
        events.emit('seat:stopped', seat.id, lastOutput);
        if (this.#seats.every(({ state }) => state === 'stopped')) onAllStopped(lastOutput);
        else this.#settle();
      },
    };
  }

  #settle(): void {
    if (this.#seats.every((seat) => seat.isReady || seat.state === 'stopped')) {
      this.#host.onSettled();
    }
  }

  #fork(seat: Seat): WorkerProcess {
    const { events } = this.#host;
    const tell = (process: WorkerProcess): void => {
      const worker = process.info();
      events.emit(`worker:${worker.state}`, worker);
    };
    const options = this.#host.options();
    const process = new WorkerProcess(seat.id, forkWorker(seat.id, options), options, {
      onState: (process) => {
        tell(process);
        seat.onState(process);
      },
      onError: (process, stack) => events.emit('worker:error', process.info(), stack),
      release: ({ worker }) => rondo()?.release(worker),
    });
    tell(process);
    return process;
  }
}
