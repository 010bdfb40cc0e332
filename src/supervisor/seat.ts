/**
 * A place that is to have a worker, 0…N-1: starts it, replaces it when it fails, and replaces it in
 * peace, the new one being ready before the old one drains.
 *
 *   running ◀──▶ waiting ──▶ stopped        close(): ▶ closed, from anywhere
 *      ▲─────────── replace() ──┘
 */

import type { ValidSupervisorOptions } from './options.js';
import { RestartPolicy } from './restart-policy.js';
import type { SeatStats, StopSignal, WorkerReason } from './types.js';
import type { WorkerProcess } from './worker-process.js';

export interface SeatHost {
  /** Starts a worker; its transitions come back by `onState`. */
  fork(seat: Seat): WorkerProcess;
  options(): ValidSupervisorOptions;
  onReady(): void;
  onWaiting(seat: Seat, delayMs: number): void;
  onStopped(seat: Seat, lastOutput: string): void;
}

export class Seat {
  readonly id: number;
  readonly #host: SeatHost;
  readonly #all = new Set<WorkerProcess>();
  #state: SeatStats['state'] = 'running';
  #current: WorkerProcess | null = null;
  /** Starts beside the current one, to take its place. */
  #successor: WorkerProcess | null = null;
  #policy: RestartPolicy;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(id: number, host: SeatHost) {
    this.id = id;
    this.#host = host;
    this.#policy = new RestartPolicy(host.options());
  }

  get state(): SeatStats['state'] {
    return this.#state;
  }

  get isReady(): boolean {
    return this.#current?.state === 'ready';
  }

  /** The one that serves, or is about to. */
  get current(): WorkerProcess | null {
    return this.#current;
  }

  /** All of its processes that are alive. */
  get workers(): readonly WorkerProcess[] {
    return [...this.#all];
  }

  stats(): SeatStats {
    const workers = this.workers.map((worker) => worker.info());
    return { id: this.id, state: this.#state, workers, failures: this.#failures };
  }

  start(): void {
    this.#state = 'running';
    try {
      this.#current = this.#forkOrFail();
    } catch {
      // It counts as a failed worker.
    }
  }

  /**
   * Resolves when a new worker is ready, and the old one has begun to drain. Rejects if it does not become
   * ready; the old one stays then. By a reload, what has failed before is forgotten.
   */
  async replace(reason: WorkerReason): Promise<void> {
    clearTimeout(this.#timer);
    if (reason === 'reload') this.#policy = new RestartPolicy(this.#host.options());
    const next = this.#forkOrFail();
    this.#state = 'running';
    // Without a current one, or if that ends meanwhile, it is the current one at once.
    if (this.#current === null) this.#current = next;
    else this.#successor = next;
    await next.whenReady;
    if (this.#successor !== next) return;
    this.#successor = null;
    const old = this.#current;
    this.#current = next;
    old?.drain(reason);
  }

  /** No worker is to be here any more. Resolves when none is. */
  async close(reason: WorkerReason, signal?: StopSignal): Promise<void> {
    this.#leave();
    for (const worker of this.#all) worker.drain(reason, signal);
    await this.whenEmpty();
  }

  /** At once, without a drain. */
  kill(): void {
    this.#leave();
    for (const worker of this.#all) worker.kill('stop');
  }

  /** Resolves when the workers that drain at the moment have ended. */
  async whenDrained(): Promise<void> {
    const draining = this.workers.filter(({ state }) => state === 'draining');
    await Promise.all(draining.map((worker) => worker.whenExited));
  }

  async whenEmpty(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.whenExited));
  }

  /** After each transition of one of its workers. */
  onState(worker: WorkerProcess): void {
    if (worker.state === 'ready') this.#host.onReady();
    if (worker.state === 'exited') this.#all.delete(worker);
    if (worker.state !== 'draining' && worker.state !== 'exited') return;
    if (worker === this.#successor) {
      this.#successor = null;
    } else if (worker === this.#current) {
      this.#current = this.#successor;
      this.#successor = null;
      this.#failures++;
      if (this.#current === null) this.#onFailure(worker.servedMs, worker.lastOutput);
    }
  }

  #fork(): WorkerProcess {
    const worker = this.#host.fork(this);
    this.#all.add(worker);
    return worker;
  }

  /** Throws, for instance when out of file descriptors, which may pass. */
  #forkOrFail(): WorkerProcess {
    try {
      return this.#fork();
    } catch (error) {
      this.#failures++;
      if (this.#current === null) this.#onFailure(0, (error as Error).message);
      throw error;
    }
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#state = 'closed';
    this.#current = null;
    this.#successor = null;
  }

  /** The seat is without a worker, and nobody wanted it so. */
  #onFailure(servedMs: number, lastOutput: string): void {
    const delayMs = this.#policy.next(performance.now(), servedMs);
    if (delayMs === null) {
      this.#state = 'stopped';
      this.#host.onStopped(this, lastOutput);
    } else if (delayMs === 0) {
      this.start();
    } else {
      this.#state = 'waiting';
      this.#host.onWaiting(this, delayMs);
      this.#timer = setTimeout(() => this.start(), delayMs);
    }
  }
}
