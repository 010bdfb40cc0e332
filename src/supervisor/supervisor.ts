/**
 * The Supervisor: so many workers of one program, kept alive, replaced without a failed request, and ended in order. It
 * says what is to be, and one thing after another; the seats are the crew's (crew.ts), each knows how one
 * worker follows another (seat.ts), and a worker process what it is doing (worker-process.ts).
 *
 *   new ──▶ starting ──▶ running ──▶ stopping ──▶ stopped
 *              └────────────┴──▶ failed (every seat has stopped)
 */

import cluster from 'node:cluster';
import { EventEmitter } from 'node:events';
import { invalidOption, RondoError } from '../errors.js';
import { checkInteger } from '../options.js';
import { Agent } from './agent.js';
import { Crew } from './crew.js';
import {
  configureDispatcher,
  inheritSockets,
  keepListeners,
  rondo,
  watchAttached,
} from './forking.js';
import { MOST_WORKERS, type ValidSupervisorOptions } from './options.js';
import { validate } from './program.js';
import type { Seat } from './seat.js';
import type {
  DealingChanges,
  ReloadOptions,
  StopSignal,
  SupervisorEvents,
  SupervisorOptions,
  SupervisorStats,
} from './types.js';
import { Watch } from './watch.js';
import type { WorkerProcess } from './worker-process.js';

/** Of them there is one in a process at a time, since node:cluster is one. */
let active: Supervisor | null = null;

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
 * process, one at a time. Events: {@link SupervisorEvents}.
 */
export class Supervisor extends EventEmitter<SupervisorEvents> {
  #given: SupervisorOptions;
  #options: ValidSupervisorOptions;
  #state: SupervisorStats['state'] = 'new';
  readonly #crew: Crew;
  readonly #agent: Agent | null;
  readonly #watch: Watch;
  /** Reloads, scalings and recyclings come one after another. */
  #queue: Promise<unknown> = Promise.resolve();
  #reloading: { changes: ReloadOptions; done: Promise<void> } | null = null;
  #stopping: Promise<void> | null = null;
  #onStarted: () => void = () => {};
  #unwatchAttached: () => void = () => {};

  /**
   * Starts nothing yet.
   *
   * Throws `ERR_RONDO_INVALID_OPTION`, also where the program cannot be found, and
   * `ERR_RONDO_UNKNOWN_OPTION`.
   */
  constructor(options: SupervisorOptions) {
    super();
    this.#given = options;
    this.#options = validate(options);
    const { agent } = this.#options;
    this.#crew = new Crew({
      options: () => this.#options,
      events: this,
      onSettled: () => this.#onSettled(),
      onAllStopped: (lastOutput) => this.#fail(lastOutput),
    });
    this.#agent = agent === null ? null : this.#openAgent(agent);
    this.#watch = new Watch({
      seats: () => this.#crew.seats,
      draining: () => this.#crew.draining,
      options: () => this.#options,
      heartbeatAgeMs: ({ worker }) => rondo()?.slotOf(worker)?.stats().heartbeatAgeMs ?? null,
      onHung: (worker, ageMs) => {
        if (worker.isKilled) return;
        this.emit('worker:hung', worker.info(), Math.round(ageMs));
        worker.kill('hung');
      },
      recycle: (seat, worker) => this.#recycle(seat, worker),
      isAgentReady: () => this.#agent?.isReady ?? null,
      onUnhealthy: (ready) =>
        this.emit('unhealthy', {
          agent: this.#agent?.isReady ?? null,
          ready,
          workers: this.#options.workers,
        }),
    });
  }

  /** How many workers there are to be. */
  get workers(): number {
    return this.#options.workers;
  }

  /**
   * Starts the agent, if there is one, and when it is ready the workers. Resolves when each seat has a
   * ready worker or has stopped, and at least one has a ready worker.
   *
   * Rejects with `ERR_RONDO_START_FAILED` when every seat has stopped, or the agent cannot be had, with
   * what it wrote last in the message; `ERR_RONDO_SUPERVISOR_STATE` if it was started before, or another
   * Supervisor runs in this process.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new' || active !== null) {
      throw new RondoError(
        'ERR_RONDO_SUPERVISOR_STATE',
        this.#state === 'new' ? 'Another supervisor runs in this process' : 'It was started before',
      );
    }
    if (!cluster.isPrimary) {
      throw new RondoError('ERR_RONDO_SUPERVISOR_STATE', 'A worker cannot be a supervisor');
    }
    configureDispatcher(this.#options);
    active = this;
    this.#state = 'starting';
    keepListeners(true);
    this.#unwatchAttached = watchAttached((worker) => this.#crew.onAttached(worker));
    try {
      await inheritSockets(this.#options);
      await this.#agent?.start();
    } catch (error) {
      if (this.#state !== 'starting') throw stopped();
      await rondo()?.closeListeners();
      this.#end('failed');
      throw new RondoError('ERR_RONDO_START_FAILED', (error as Error).message, { cause: error });
    }
    if (this.#state !== 'starting') throw stopped();
    const started = new Promise<void>((resolve, reject) => {
      this.#onStarted = resolve;
      this.once('failed', reject);
      this.once('stopping', () => reject(stopped()));
    });
    this.#crew.grow(this.#options.workers);
    await started;
    this.#watch.start();
  }

  /**
   * Replaces every worker, one seat after another: the new one is ready before the old one drains. With
   * `changes` the new workers have other options, for instance another `env`; what `configure()` can
   * change changes at once, `workers` at the end. Resolves when the old ones have ended. A call
   * while another one waits for its turn joins it.
   *
   * Rejects with `ERR_RONDO_RELOAD_FAILED` if a new worker does not become ready, with its last output
   * in the message: the old workers that are left stay, with the old options. `ERR_RONDO_INVALID_OPTION`,
   * `ERR_RONDO_UNKNOWN_OPTION`, and `ERR_RONDO_SUPERVISOR_STATE` if it is not running.
   */
  async reload(changes: ReloadOptions = {}): Promise<void> {
    this.#checkRunning();
    for (const key of ['transport', 'agent', 'sockets'] as const) {
      if (key in changes) {
        throw invalidOption(key, 'left out, as it cannot be changed', (changes as never)[key]);
      }
    }
    validate({ ...this.#given, ...changes });
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
    this.#checkRunning();
    return this.#enqueue(() => this.#scale(workers));
  }

  /**
   * Changes how connections are dealt from now on; what is left out stays. Throws as `reload()` rejects.
   */
  configure(changes: DealingChanges): void {
    this.#checkRunning();
    this.#setOptions({ ...this.#given, ...changes });
  }

  /**
   * Nobody can connect any more; every worker drains, then the agent ends. Resolves when all are gone,
   * which takes `drainTimeoutMs` and `killTimeoutMs` at most. Workers that handle `signal` themselves
   * do so when nothing is in flight any more. Twice is as good as once; before `start()`, and when
   * it has failed, there is nothing to stop.
   */
  async stop(signal: StopSignal = 'SIGTERM'): Promise<void> {
    if (this.#state === 'new' || this.#state === 'failed') return;
    this.#stopping ??= this.#stop(signal);
    await this.#stopping;
  }

  /** Ends all workers and the agent at once, by SIGKILL. Resolves when they are gone. */
  kill(): Promise<void> {
    this.#crew.kill();
    this.#agent?.kill();
    return this.stop();
  }

  /** What there is at the moment. */
  stats(): SupervisorStats {
    return {
      state: this.#state,
      seats: this.#crew.stats(),
      agent: this.#agent && { pid: this.#agent.pid, isReady: this.#agent.isReady },
      dispatcher: rondo()?.dispatcher.stats() ?? null,
    };
  }

  #checkRunning(): void {
    if (this.#state === 'running' || this.#state === 'starting') return;
    throw new RondoError('ERR_RONDO_SUPERVISOR_STATE', `The supervisor is ${this.#state}`);
  }

  #enqueue(run: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(() => {
      this.#checkRunning();
      return run();
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  async #reload(changes: ReloadOptions): Promise<void> {
    const before = this.#given;
    // The number is changed at the end.
    this.#setOptions({ ...this.#given, ...changes, workers: this.#options.workers });
    this.emit('reload:begin');
    try {
      await this.#crew.replaceAll(this.#options.parallel, () => this.#checkRunning());
    } catch (reason) {
      // What was configured meanwhile stays.
      const own = Object.keys(changes) as Array<keyof ReloadOptions>;
      const reverted = Object.fromEntries(own.map((key) => [key, before[key]]));
      const { workers } = this.#options;
      if (this.#state === 'running') this.#setOptions({ ...this.#given, ...reverted, workers });
      const error = new RondoError('ERR_RONDO_RELOAD_FAILED', (reason as Error).message);
      this.emit('reload:failed', error);
      throw error;
    }
    await this.#crew.whenDrained();
    if (changes.workers !== undefined) await this.#scale(changes.workers);
    // The new program may listen elsewhere.
    rondo()?.closeUnusedListeners();
    this.emit('reload:end');
  }

  async #scale(workers: number): Promise<void> {
    this.#given = { ...this.#given, workers };
    this.#options = { ...this.#options, workers };
    await this.#crew.resize(workers);
  }

  /** False: its replacement failed, and the worker stays. */
  async #recycle(seat: Seat, worker: WorkerProcess): Promise<boolean> {
    try {
      await this.#enqueue(async () => {
        // When its turn comes, it may have been replaced for another reason.
        if (seat.current !== worker) return;
        await seat.replace('recycle');
        await seat.whenDrained();
      });
      return true;
    } catch (error) {
      if (this.#state === 'running') this.emit('recycle:failed', error as Error);
      return false;
    }
  }

  async #stop(signal: StopSignal): Promise<void> {
    this.#state = 'stopping';
    this.#watch.stop();
    this.emit('stopping');
    await rondo()?.closeListeners();
    await this.#crew.close(signal);
    await this.#agent?.stop();
    this.#end('stopped');
    this.emit('stopped');
  }

  #end(state: 'stopped' | 'failed'): void {
    this.#watch.stop();
    this.#unwatchAttached();
    keepListeners(false);
    this.#state = state;
    if (active === this) active = null;
  }

  #setOptions(given: SupervisorOptions): void {
    this.#options = validate(given);
    this.#given = given;
    this.#applyOptions();
  }

  #applyOptions(): void {
    configureDispatcher(this.#options);
    this.#watch.start();
  }

  /** The start is over when every seat is one way or the other. */
  #onSettled(): void {
    if (this.#state !== 'starting') return;
    this.#state = 'running';
    this.#onStarted();
  }

  #fail(lastOutput: string): void {
    if (this.#state === 'stopping') return;
    this.#end('failed');
    void this.#agent?.stop();
    // Also those that were inherited, which would keep the process running.
    void rondo()?.closeListeners();
    const detail = lastOutput === '' ? '' : `\n${lastOutput.trimEnd()}`;
    const error = new RondoError(
      'ERR_RONDO_START_FAILED',
      `Every seat has stopped after too many failures${detail}`,
    );
    this.emit('failed', error);
  }

  #openAgent(file: string): Agent {
    const agent = new Agent(file, this.#options, {
      onReady: (pid) => this.emit('agent:ready', pid),
      onExited: (code, signal) => this.emit('agent:exited', code, signal),
      onStopped: (error) => this.emit('agent:stopped', error),
    });
    for (const state of ['starting', 'ready', 'draining', 'exited'] as const) {
      this.on(`worker:${state}`, (worker) => agent.tell({ event: 'rondo:worker', worker }));
    }
    return agent;
  }
}

function stopped(): RondoError {
  return new RondoError('ERR_RONDO_SUPERVISOR_STATE', 'The supervisor was stopped');
}
