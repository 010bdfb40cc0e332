/**
 * The Supervisor: so many workers of one program, kept alive, replaced without a failed request, and ended
 * in order. It says what is to be, and one change after another; what it has comes and goes in
 * lifecycle.ts, each seat knows how one worker follows another (seat.ts), and a worker process what it is
 * doing (worker-process.ts).
 */

import { EventEmitter } from 'node:events';
import { invalidOption, type RondoError } from '../errors.js';
import { checkInteger } from '../options.js';
import { Configuration } from './configuration.js';
import { Figures } from './figures.js';
import { rondo } from './forking.js';
import { Lifecycle } from './lifecycle.js';
import { MOST_WORKERS } from './options.js';
import { replaceAll } from './reload.js';
import type { Seat } from './seat.js';
import { Teller } from './teller.js';
import type {
  DealingChanges,
  ReloadOptions,
  StartOptions,
  StopSignal,
  SupervisorEvents,
  SupervisorOptions,
  SupervisorStats,
  WorkerState,
} from './types.js';
import type { WorkerProcess } from './worker-process.js';

/** The states of the workers that are alive, by seats; those of a removed seat have their own entry. */
export interface SupervisorOutline extends Pick<SupervisorStats, 'state' | 'isDegraded'> {
  ready: number;
  seats: ReadonlyArray<{ id: number; states: readonly WorkerState[] }>;
}

/**
 * Runs a server program in several workers that share its ports, and keeps them alive.
 *
 * ```js
 * const supervisor = new Supervisor({ exec: 'app.js', workers: 4 });
 * await supervisor.start();
 * process.on('SIGHUP', () => supervisor.reload().catch(console.error));
 * process.on('SIGTERM', () => supervisor.stop());
 * ```
 *
 * The program listens as it would by itself; nothing in it needs to be changed. Works in the primary
 * process, one at a time. Events: {@link SupervisorEvents}; they are emitted when the state has changed,
 * and a listener that throws makes an uncaught exception and changes nothing else.
 */
export class Supervisor extends EventEmitter<SupervisorEvents> {
  readonly #configuration: Configuration;
  readonly #figures = new Figures();
  readonly #teller = new Teller(this, this.#figures.note);
  readonly #lifecycle: Lifecycle;
  /** Reloads, scalings and recyclings come one after another. */
  #queue: Promise<unknown> = Promise.resolve();
  #reloading: { changes: ReloadOptions; done: Promise<void> } | null = null;

  /**
   * Starts nothing yet.
   *
   * Throws `ERR_RONDO_INVALID_OPTION`, also where the program cannot be found, and
   * `ERR_RONDO_UNKNOWN_OPTION`.
   */
  constructor(options: SupervisorOptions) {
    super();
    this.#configuration = new Configuration(options);
    this.#lifecycle = new Lifecycle({
      configuration: this.#configuration,
      teller: this.#teller,
      recycle: (seat, worker) => this.#recycle(seat, worker),
    });
  }

  /** How many workers there are to be. */
  get workers(): number {
    return this.#configuration.valid.workers;
  }

  /**
   * Starts the agent, if there is one, and when it is ready the workers. Resolves when each seat has a
   * ready worker or has stopped, and at least one has a ready worker; `isDegraded` of `stats()` says
   * whether any has stopped. Workers are watched from when the first of them is ready.
   *
   * Rejects with `ERR_RONDO_START_FAILED` when every seat has stopped, at once when the first worker cannot
   * listen (`cause.code` is `EADDRINUSE`, `EACCES` or `EADDRNOTAVAIL`), or when the agent cannot be had,
   * with what it wrote last in the message; `ERR_RONDO_SUPERVISOR_STATE` if it was started before, is
   * stopped meanwhile, or another Supervisor runs in this process. When `signal` is aborted everything is
   * stopped, and it rejects with the signal's reason.
   */
  async start({ signal }: StartOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const abort = (): void => void this.stop();
    signal?.addEventListener('abort', abort);
    try {
      await this.#lifecycle.start();
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      await this.stop();
      throw signal.reason;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Replaces every worker, one seat after another. The old worker of a seat serves on until the new one
   * has been ready for `minUptimeMs` and then answers, and drains then. With `changes` the new workers have other options,
   * for instance another `env`; what `configure()` can change changes at once, `workers` at the end.
   * Resolves when every seat has a new worker that is well: the old ones end in the background. More than
   * eight of one seat do not drain at once; the oldest has to end then (`'worker:hurried'`). A call while
   * another one waits for its turn joins it.
   *
   * Rejects with `ERR_RONDO_RELOAD_FAILED` if a new worker does not become ready or fails too soon after,
   * with its seat in `seat`, and what it wrote last in `lastOutput` and in the message: the old workers
   * that are left stay, and seats that had been replaced get workers with the old options again, unless
   * those do not start any more. `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`, and
   * `ERR_RONDO_SUPERVISOR_STATE` if it is not running, or is stopped meanwhile.
   */
  async reload(changes: ReloadOptions = {}): Promise<void> {
    this.#lifecycle.checkRunning();
    for (const key of ['transport', 'agent', 'sockets'] as const) {
      if (key in changes) {
        throw invalidOption(key, 'left out, as it cannot be changed', (changes as never)[key]);
      }
    }
    this.#configuration.with(changes);
    if (this.#reloading !== null) {
      Object.assign(this.#reloading.changes, changes);
      return this.#reloading.done;
    }
    const all = { ...changes };
    const done = this.#enqueue(() => {
      this.#reloading = null;
      return this.#reload(all);
    });
    this.#reloading = { changes: all, done };
    return done;
  }

  /**
   * Changes the number of workers. Resolves when the new ones are ready, or the superfluous ones have
   * drained and ended; those have the highest seats.
   *
   * Rejects with `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_START_FAILED` if a new worker's seat stops, and
   * `ERR_RONDO_SUPERVISOR_STATE` if it is not running.
   */
  async scale(workers: number): Promise<void> {
    checkInteger('workers', workers, 1, MOST_WORKERS);
    this.#lifecycle.checkRunning();
    const { ended } = await this.#enqueue(() => this.#resize(workers));
    await ended;
  }

  /**
   * Changes how connections are dealt from now on; what is left out stays. Throws as `reload()` rejects.
   */
  configure(changes: DealingChanges): void {
    this.#lifecycle.checkRunning();
    this.#configuration.change(changes);
    this.#lifecycle.applyOptions();
  }

  /**
   * Nobody can connect any more; every worker drains, then the agent ends. Resolves when all are gone,
   * which takes `drainTimeoutMs` and `killTimeoutMs` at most. Workers that handle `signal` themselves do so
   * when their requests are answered. Twice is as good as once; before `start()`, and when it has failed,
   * there is nothing to stop. No worker is started any more once it has been called.
   */
  stop(signal: StopSignal = 'SIGTERM'): Promise<void> {
    return this.#lifecycle.stop(signal);
  }

  /** As `stop()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Ends all workers and the agent at once, by SIGKILL. Resolves when they are gone. */
  kill(): Promise<void> {
    return this.#lifecycle.kill();
  }

  /** What there is at the moment. */
  stats(): SupervisorStats {
    const { state, isDegraded, crew, agent } = this.#lifecycle;
    const dispatcher = rondo()?.dispatcher.stats() ?? null;
    return { state, isDegraded, seats: crew.stats(), agent, dispatcher };
  }

  /** What a scrape reads besides `figures`: `stats()` copies more than that. @internal */
  outline(): SupervisorOutline {
    const { state, isDegraded, crew } = this.#lifecycle;
    return { state, isDegraded, ready: crew.ready, seats: crew.outline() };
  }

  /** What has been counted of each seat, and of reloads. @internal */
  get figures(): Figures {
    return this.#figures;
  }

  #enqueue<R>(run: () => Promise<R>): Promise<R> {
    const done = this.#queue.then(() => {
      this.#lifecycle.checkRunning();
      return run();
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  async #reload(changes: ReloadOptions): Promise<void> {
    const { crew } = this.#lifecycle;
    // The number is changed at the end.
    const given = { ...changes, workers: this.workers };
    const next = this.#configuration.with(given);
    const dealing = this.#configuration.dealingOf(changes);
    const before = this.#configuration.undoing(dealing);
    this.configure(dealing);
    this.#teller.tell('reload:begin');
    try {
      await replaceAll(crew.seats, next, () => this.#lifecycle.checkRunning());
    } catch (error) {
      if (!this.#lifecycle.isRunning) throw error;
      // What was configured meanwhile stays.
      this.configure(before);
      this.#teller.tell('reload:failed', error as RondoError);
      throw error;
    }
    this.#configuration.change(given, next);
    this.#lifecycle.applyOptions();
    if (changes.workers !== undefined) await this.#resize(changes.workers);
    this.#lifecycle.checkRunning();
    // The new program may listen elsewhere. Not while one is missing that may come back.
    const closed = crew.ready === crew.seats.length ? (rondo()?.closeUnusedListeners() ?? []) : [];
    for (const address of closed) this.#teller.tell('address:closed', address);
    this.#teller.tell('reload:end');
  }

  async #resize(workers: number): Promise<{ ended: Promise<void> }> {
    this.#configuration.change({ workers });
    return this.#lifecycle.crew.resize(workers);
  }

  /** False: its replacement failed, and the worker stays. */
  async #recycle(seat: Seat, worker: WorkerProcess): Promise<boolean> {
    try {
      await this.#enqueue(async () => {
        // When its turn comes, it may have been replaced for another reason.
        if (seat.current === worker) await seat.replace('recycle');
      });
      await seat.whenDrained();
      return true;
    } catch (error) {
      if (this.#lifecycle.state === 'running') this.#teller.tell('recycle:failed', error as Error);
      return false;
    }
  }
}
