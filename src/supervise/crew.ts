/**
 * All slots of a Supervisor with their workers: makes them more or fewer, replaces their workers, and ends
 * them. Which of it happens when, and that it happens one after another, is the Supervisor's.
 */

import type { Worker } from 'node:cluster';
import type { EventEmitter } from 'node:events';
import { RondoError } from '../errors.js';
import { forkWorker, rondo } from './forking.js';
import type { ValidSupervisorOptions } from './options.js';
import { type SlotHost, SupervisedSlot } from './supervised-slot.js';
import type { StopSignal, SupervisedSlotStats, SupervisorEvents } from './types.js';
import { WorkerProcess } from './worker-process.js';

export interface CrewHost {
  options(): ValidSupervisorOptions;
  events: EventEmitter<SupervisorEvents>;
  /** Every slot has a ready worker or has stopped, and one has a ready worker. */
  onSettled(): void;
  onAllStopped(lastOutput: string): void;
}

export class Crew {
  readonly #host: CrewHost;
  readonly #slots: SupervisedSlot[] = [];
  /** Those that were removed and still drain. */
  readonly #leaving = new Set<SupervisedSlot>();

  constructor(host: CrewHost) {
    this.#host = host;
  }

  /** Those that are to have a worker, by their numbers. */
  get slots(): readonly SupervisedSlot[] {
    return this.#slots;
  }

  get draining(): readonly WorkerProcess[] {
    const all = this.#everySlot().flatMap(({ workers }) => workers);
    return all.filter(({ state }) => state === 'draining');
  }

  stats(): SupervisedSlotStats[] {
    return this.#everySlot().map((slot) => slot.stats());
  }

  /** One of its processes, whose server was attached in place of listening. */
  onAttached(worker: Worker): void {
    if (this.#host.options().readyWhen !== 'listening') return;
    const all = this.#everySlot().flatMap(({ workers }) => workers);
    all.find((one) => one.worker === worker)?.setReady();
  }

  /** Adds slots up to that number, and starts their workers. */
  grow(count: number): readonly SupervisedSlot[] {
    const added: SupervisedSlot[] = [];
    while (this.#slots.length < count) {
      const slot = new SupervisedSlot(this.#slots.length, this.#slotHost());
      this.#slots.push(slot);
      added.push(slot);
    }
    // After all are there: a first one that fails at once is not the last one.
    for (const slot of added) slot.start();
    return added;
  }

  /**
   * Resolves when new slots have a ready worker, and those of removed slots have ended. Rejects if a new
   * slot stops.
   */
  async resize(count: number): Promise<void> {
    const added = this.grow(count);
    const removed = this.#slots.splice(count);
    for (const slot of removed) this.#leaving.add(slot);
    await Promise.all(
      removed.map(async (slot) => {
        await slot.close('scale');
        this.#leaving.delete(slot);
      }),
    );
    await this.#whenReady(added);
  }

  /**
   * A new worker in each slot, so many at a time. Resolves when the old ones have begun to drain; rejects
   * with the first failure, and goes no further then. `check` may throw before each step.
   */
  async replaceAll(parallel: number, check: () => void): Promise<void> {
    for (let first = 0; first < this.#slots.length; first += parallel) {
      check();
      const some = this.#slots.slice(first, first + parallel);
      const replaced = await Promise.allSettled(some.map((slot) => slot.replace('reload')));
      for (const one of replaced) if (one.status === 'rejected') throw one.reason;
    }
  }

  /** Resolves when the workers that drain at the moment have ended. */
  async whenDrained(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.whenDrained()));
  }

  /** Resolves when every worker has drained and ended. */
  async close(signal: StopSignal): Promise<void> {
    await Promise.all(this.#everySlot().map((slot) => slot.close('stop', signal)));
  }

  kill(): void {
    for (const slot of this.#everySlot()) slot.kill();
  }

  #everySlot(): SupervisedSlot[] {
    return [...this.#slots, ...this.#leaving];
  }

  /** Rejects when one of them stops. */
  #whenReady(slots: readonly SupervisedSlot[]): Promise<void> {
    const { events } = this.#host;
    const telling = ['worker:ready', 'slot:stopped', 'stopping'] as const;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const lost = slots.find(({ state }) => state === 'stopped' || state === 'closed');
        if (lost === undefined && !slots.every(({ isReady }) => isReady)) return;
        for (const event of telling) events.off(event, look);
        if (lost === undefined) resolve();
        else reject(new RondoError('ERR_RONDO_START_FAILED', `Slot ${lost.id} is ${lost.state}`));
      };
      for (const event of telling) events.on(event, look);
      look();
    });
  }

  #slotHost(): SlotHost {
    const { events, options, onAllStopped } = this.#host;
    return {
      fork: (slot) => this.#fork(slot),
      options,
      onReady: () => this.#settle(),
      onWaiting: (slot, delayMs) => events.emit('slot:waiting', slot.id, delayMs),
      onStopped: (slot, lastOutput) => {
        events.emit('slot:stopped', slot.id, lastOutput);
        if (this.#slots.every(({ state }) => state === 'stopped')) onAllStopped(lastOutput);
        else this.#settle();
      },
    };
  }

  #settle(): void {
    if (this.#slots.every((slot) => slot.isReady || slot.state === 'stopped')) {
      this.#host.onSettled();
    }
  }

  #fork(slot: SupervisedSlot): WorkerProcess {
    const { events } = this.#host;
    const tell = (process: WorkerProcess): void => {
      const worker = process.info();
      events.emit(`worker:${worker.state}`, worker);
    };
    const options = this.#host.options();
    const process = new WorkerProcess(slot.id, forkWorker(slot.id, options), options, {
      onState: (process) => {
        tell(process);
        slot.onState(process);
      },
      onError: (process, stack) => events.emit('worker:error', process.info(), stack),
      release: ({ worker }) => rondo()?.release(worker),
    });
    tell(process);
    return process;
  }
}
