/**
 * A place that is to have a worker, 0…N-1: starts it, replaces it when it fails, and replaces it by
 * another one while it serves: both serve then until the new one is well.
 *
 *   running ◀──▶ waiting ──▶ stopped ──▶ running (tried again, after long)        close(): ▶ closed
 *      ▲─────────── replace() ──┘                                 drain(): ▶ drained ── replace() ──▶ running
 */

import type { Lack } from '../cluster/shared-listeners.js';
import type { SlotOptions } from '../types/options.js';
import type { ValidSupervisorOptions } from './options.js';
import { RestartPolicy } from './restart-policy.js';
import type { Awaited, SeatStats, StopSignal, WorkerReason } from './types.js';
import { WorkerFailure } from './worker-failure.js';
import type { WorkerProcess } from './worker-process.js';

/** A signal to a worker may be one to the whole process group, of which the primary will hear, too. */
const SIGNAL_WAIT_MS = 100;

/** So often a start may be cut off by a signal to the whole process group. */
const MOST_STRAYS = 3;

/** A new worker may take so many times as long as the old one to listen at one more address, and so much more. */
const LATE_FACTOR = 3;
const LATE_MS = 500;

/** More reloads than these may come while one long-lived connection is open. */
const MOST_DRAINING = 8;

export interface SeatHost {
  /** Starts a worker; its transitions come back by `onState`. */
  fork(seat: Seat, options: ValidSupervisorOptions): WorkerProcess;
  /** No worker of any seat could listen there, and this is the first start. */
  isHopeless(worker: WorkerProcess): boolean;
  /**
   * Where `old` listens and `next` does not. Without `old` it is the workers of another process, of which this one takes
   * the place.
   */
  lacking(next: WorkerProcess, old: WorkerProcess | null): Lack[];
  onHurried(worker: WorkerProcess): void;
  onWaiting(seat: Seat, delayMs: number): void;
  onStopped(seat: Seat, lastOutput: string, worker: WorkerProcess | null): void;
}

export class Seat {
  readonly id: number;
  readonly #host: SeatHost;
  /** In the order of their starts. */
  readonly #all = new Set<WorkerProcess>();
  #state: SeatStats['state'] = 'running';
  #current: WorkerProcess | null = null;
  /** Starts beside the current one, and serves with it, to take its place. */
  #successor: WorkerProcess | null = null;
  /** Of the worker that was well last; a failed one is followed by one with these. */
  #options: ValidSupervisorOptions;
  #policy: RestartPolicy;
  #dealing: Required<SlotOptions> = { weight: 1, maxConnections: null };
  /** The seat had stopped, so that one more failure stops it again. */
  #isLastTry = false;
  #failures: number;
  #failure: Error | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** `failures`: of former seats of that number. */
  constructor(id: number, options: ValidSupervisorOptions, host: SeatHost, failures = 0) {
    this.id = id;
    this.#failures = failures;
    this.#options = options;
    this.#host = host;
    this.#policy = new RestartPolicy(options);
  }

  get failures(): number {
    return this.#failures;
  }

  get state(): SeatStats['state'] {
    return this.#state;
  }

  get options(): ValidSupervisorOptions {
    return this.#options;
  }

  get isReady(): boolean {
    return this.#current?.state === 'ready';
  }

  /** It has stopped or keeps failing. */
  get isMissing(): boolean {
    if (this.#current?.isWell === true || this.#state === 'drained') return false;
    return this.#state === 'stopped' || this.#isLastTry || this.#policy.isFailing;
  }

  /** Of its worker, and of those that follow. */
  get dealing(): Required<SlotOptions> {
    return this.#dealing;
  }

  set dealing(dealing: Required<SlotOptions>) {
    this.#dealing = dealing;
  }

  /** Of its last worker that failed by itself. */
  get failure(): Error | null {
    return this.#failure;
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
    const { id, state } = this;
    return { id, state, ...this.#dealing, workers, failures: this.#failures };
  }

  start(): void {
    this.#state = 'running';
    try {
      this.#current = this.#forkOrFail(this.#options);
    } catch {
      // It counts as a failed worker.
    }
  }

  /**
   * Resolves when a new worker is well, and the old one, which has served until then, has begun to drain.
   * Rejects if it is not; the old one stays then. By a reload or a restart, what has failed before is forgotten.
   */
  async replace(reason: WorkerReason, options = this.#options): Promise<void> {
    clearTimeout(this.#timer);
    if (reason === 'reload' || reason === 'restart') this.#forgetFailures(options);
    for (let strays = 0; ; strays++) {
      try {
        return await this.#replaceOnce(reason, options);
      } catch (error) {
        const isStray = error instanceof WorkerFailure && error.isStray;
        if (!isStray || strays === MOST_STRAYS || this.#state === 'closed') throw error;
      }
    }
  }

  async #replaceOnce(reason: WorkerReason, options: ValidSupervisorOptions): Promise<void> {
    const next = this.#forkOrFail(options);
    this.#state = 'running';
    // Without a current one, or if that ends meanwhile, it is the current one at once.
    if (this.#current === null) this.#current = next;
    else this.#successor = next;
    await next.whenWell;
    if (this.#successor !== next && this.#current !== next) return;
    this.#options = options;
    if (this.#successor !== next) return;
    this.#successor = null;
    const old = this.#current;
    this.#current = next;
    old?.drain(reason);
    this.#boundDraining();
  }

  /**
   * Its workers drain, and it stays without one until `replace()`. Resolves when they have ended.
   */
  async drain(reason: WorkerReason): Promise<void> {
    if (this.#state === 'closed') return;
    clearTimeout(this.#timer);
    this.#state = 'drained';
    this.#current = null;
    this.#successor = null;
    for (const worker of this.#all) worker.drain(reason);
    await Promise.all(this.workers.map((worker) => worker.whenExited));
  }

  /** The one that is about to take the place is not wanted any more. */
  dropSuccessor(reason: WorkerReason): void {
    this.#successor?.drain(reason);
  }

  /** No worker is started here any more. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#state = 'closed';
    this.#current = null;
    this.#successor = null;
  }

  /** No worker is to be here any more. Resolves when none is. */
  async close(reason: WorkerReason, signal?: StopSignal, moves?: boolean): Promise<void> {
    this.leave();
    for (const worker of this.#all) worker.drain(reason, signal, moves);
    await Promise.all(this.workers.map((worker) => worker.whenExited));
  }

  /** At once, without a drain; with `mayDrain` those that drain already finish. */
  kill(mayDrain: boolean): void {
    this.leave();
    for (const worker of this.#all) {
      if (!mayDrain || worker.state !== 'draining') worker.kill('stop');
    }
  }

  /** Resolves when the workers that drain at the moment have ended. */
  async whenDrained(): Promise<void> {
    await Promise.all(this.#draining.map((worker) => worker.whenExited));
  }

  /** After each transition of one of its workers. */
  onState(worker: WorkerProcess): void {
    if (worker.state === 'exited') this.#all.delete(worker);
    if (worker.state !== 'draining' && worker.state !== 'exited') return;
    if (worker === this.#successor) {
      this.#successor = null;
    } else if (worker === this.#current) {
      this.#current = this.#successor;
      this.#successor = null;
      this.#current?.onServing();
      this.#failures++;
      const failure = new WorkerFailure(worker.info(), worker.servedMs, worker.lastOutput);
      if (!failure.isStray) this.#failure = failure;
      if (this.#current === null) this.#onFailure(worker, worker.lastOutput);
    }
  }

  /**
   * Where one that is about to take another's place is still to listen, since that does, and for how long it is waited for;
   * null if it is not. Not where the other began to long after it was ready: that was no part of its start.
   */
  awaited(worker: WorkerProcess): Awaited | null {
    const old = worker === this.#successor ? this.#current : null;
    const { startTimeoutMs } = this.#options;
    const lacks = this.#host.lacking(worker, old).filter(({ lateMs }) => lateMs <= startTimeoutMs);
    const latestMs = Math.max(...lacks.map(({ lateMs }) => lateMs));
    const boundMs = Math.min(latestMs * LATE_FACTOR + LATE_MS, startTimeoutMs);
    const waitMs = Math.ceil(boundMs - (worker.servedMs ?? 0));
    if (lacks.length === 0 || waitMs <= 0) return null;
    return { addresses: lacks.map(({ address }) => address), waitMs };
  }

  onWell(worker: WorkerProcess): void {
    if (worker !== this.#current || !this.#isLastTry) return;
    this.#forgetFailures(this.#options);
  }

  get #draining(): WorkerProcess[] {
    return this.workers.filter(({ state }) => state === 'draining');
  }

  /** Throws, for instance when out of file descriptors, which may pass. */
  #forkOrFail(options: ValidSupervisorOptions): WorkerProcess {
    try {
      const worker = this.#host.fork(this, options);
      this.#all.add(worker);
      return worker;
    } catch (error) {
      this.#failures++;
      this.#failure = error as Error;
      if (this.#current === null) this.#onFailure(null, (error as Error).message);
      throw error;
    }
  }

  #forgetFailures(options: ValidSupervisorOptions): void {
    this.#isLastTry = false;
    this.#policy = new RestartPolicy(options);
  }

  #boundDraining(): void {
    const draining = this.#draining;
    for (const worker of draining.slice(0, Math.max(0, draining.length - MOST_DRAINING))) {
      if (worker.hurry()) this.#host.onHurried(worker);
    }
  }

  /** The seat is without a worker, and nobody wanted it so. Null: it could not be forked. */
  #onFailure(worker: WorkerProcess | null, lastOutput: string): void {
    if (this.#state === 'closed') return;
    const isHopeless = worker !== null && this.#host.isHopeless(worker);
    const delayMs =
      this.#isLastTry || isHopeless
        ? null
        : this.#policy.next(performance.now(), worker?.servedMs ?? null);
    const next = () => (delayMs === null ? this.#stop(lastOutput, worker) : this.start());
    const leastMs = worker?.isPerhapsAsked === true ? SIGNAL_WAIT_MS : 0;
    const waitMs = Math.max(delayMs ?? 0, leastMs);
    if (waitMs === 0) return next();
    this.#state = 'waiting';
    if (delayMs !== null && delayMs > 0) this.#host.onWaiting(this, delayMs);
    this.#timer = setTimeout(next, waitMs);
  }

  #stop(lastOutput: string, worker: WorkerProcess | null): void {
    this.#state = 'stopped';
    const { retryStoppedMs } = this.#options;
    if (retryStoppedMs > 0) {
      this.#timer = setTimeout(() => {
        this.#isLastTry = true;
        this.start();
      }, retryStoppedMs);
    }
    this.#host.onStopped(this, lastOutput, worker);
  }
}
