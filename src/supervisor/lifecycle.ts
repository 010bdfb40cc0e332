/**
 * How what a Supervisor has comes and goes: the agent, the crew, the listeners and what is watched.
 *
 *   new ──▶ starting ──▶ running ──▶ leaving ──▶ stopping ──▶ stopped
 *              │            └──────────────────────▲ (without a delay; from starting, too)
 *              └────────────┴───────────┴──▶ failed (every seat has stopped, or none can listen)
 */

import cluster from 'node:cluster';
import { RondoError } from '../errors.js';
import { Agent } from './agent.js';
import type { Configuration } from './configuration.js';
import { Crew, type CrewFailure } from './crew.js';
import { deferred } from './deferred.js';
import { Delay } from './delay.js';
import {
  configureDispatcher,
  inheritSockets,
  keepListeners,
  rondo,
  takeStoredListeners,
  watchAttached,
  watchListenErrors,
  watchServing,
} from './forking.js';
import type { ValidSupervisorOptions } from './options.js';
import type { Seat } from './seat.js';
import type { Teller } from './teller.js';
import type { StopSignal, SupervisorStats } from './types.js';
import { Watch } from './watch.js';
import type { WorkerProcess } from './worker-process.js';

/** Of them there is one in a process at a time, since node:cluster is one. */
let active: Lifecycle | null = null;

export interface LifecycleHost {
  configuration: Configuration;
  teller: Teller;
  /** Resolves when that is done; false: the worker's replacement failed, and it stays. */
  recycle(seat: Seat, worker: WorkerProcess): Promise<boolean>;
  /** The process whose place this one takes, as long as it has not; null without one. */
  old(): OldProcess | null;
  /** No other process takes this one's place any more. Resolves when that is gone; with `isKilled` at once. */
  callOffUpgrade(isKilled: boolean): Promise<void>;
}

export interface OldProcess {
  /** Takes its sockets. */
  begin(): Promise<void>;
}

/** How it ends when another process has the listeners. */
export interface Leaving {
  reason: 'upgrade' | 'stop';
  /** Idle connections are given back, for they can go there. */
  moves: boolean;
  /** Called when nothing more is accepted here. */
  onLeft(): void;
  /** Called when the workers have ended. */
  onEnded(): Promise<void>;
}

export class Lifecycle {
  readonly crew: Crew;
  readonly #host: LifecycleHost;
  readonly #teller: Teller;
  readonly #agent: Agent | null;
  readonly #watch: Watch;
  #state: SupervisorStats['state'] = 'new';
  #stopping: Promise<void> | null = null;
  #isStopAsked = false;
  /** When it has failed: until no worker is left. */
  #whenGone: Promise<void> = Promise.resolve();
  readonly #delay = new Delay();
  readonly #started = deferred();
  /** Until there are seats, or it has ended. */
  readonly #seated = deferred();
  /** The seats that were said to be missing. */
  #missingTold = '';
  #unwatch: () => void = () => {};

  constructor(host: LifecycleHost) {
    this.#host = host;
    this.#teller = host.teller;
    const { agent } = this.#options;
    this.#agent = agent === null ? null : this.#openAgent(agent);
    this.crew = new Crew({
      options: () => this.#options,
      teller: host.teller,
      onWorker: (worker) => {
        this.#agent?.tell({ event: 'rondo:worker', worker });
        this.#teller.tell(`worker:${worker.state}`, worker);
      },
      onChange: () => this.#onChange(),
      onFailed: (failure) => this.#fail(failure),
    });
    this.#watch = this.#openWatch();
  }

  get state(): SupervisorStats['state'] {
    return this.#state;
  }

  get isRunning(): boolean {
    return ['starting', 'running', 'leaving'].includes(this.#state);
  }

  get isDegraded(): boolean {
    return this.#missing.length > 0;
  }

  get isStopAsked(): boolean {
    return this.#isStopAsked;
  }

  get agent(): SupervisorStats['agent'] {
    return this.#agent && { pid: this.#agent.pid, isReady: this.#agent.isReady };
  }

  /** Resolves when there is something to change: there are seats, which do not come before the agent is ready, or it has ended. */
  get whenSeated(): Promise<void> {
    return this.#seated.promise;
  }

  checkRunning(): void {
    if (!this.isRunning) throw stateError(`The supervisor is ${this.#state}`);
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw stateError('It was started before');
    if (active !== null) throw stateError('Another supervisor runs in this process');
    if (!cluster.isPrimary) throw stateError('A worker cannot be a supervisor');
    configureDispatcher(this.#options);
    active = this;
    this.#state = 'starting';
    keepListeners(true);
    const unwatch = [
      watchAttached((worker) => this.crew.find(worker)?.onAttached()),
      watchServing((worker) => this.crew.find(worker)?.onServing()),
      watchListenErrors((worker, error) => this.crew.find(worker)?.onCannotListen(error)),
    ];
    this.#unwatch = () => {
      for (const end of unwatch) end();
    };
    try {
      await inheritSockets(this.#options);
      await takeStoredListeners();
      await this.#host.old()?.begin();
      this.#checkStarting();
      await this.#agent?.start();
      this.#checkStarting();
    } catch (error) {
      this.#checkStarting();
      await rondo()?.closeListeners();
      this.#end('failed');
      throw new RondoError('ERR_RONDO_START_FAILED', (error as Error).message, { cause: error });
    }
    this.#teller.during(() => this.crew.grow(this.#options.workers));
    this.#seated.resolve();
    // In the place of another process it is all or nothing.
    const failed = this.#host.old() === null ? [] : [this.crew.whenWell()];
    await Promise.race([this.#started.promise, ...failed]);
  }

  /** Without `delayMs`, it is the option's. */
  async stop(signal: StopSignal, delayMs?: number): Promise<void> {
    this.#isStopAsked = true;
    if (this.#state === 'new') return;
    if (this.#state === 'failed') return this.#whenGone;
    if (this.#stopping === null) {
      const { promise, resolve, reject } = deferred();
      // Before anything is told: a listener may call this, too.
      this.#stopping = promise;
      this.#leaveAndStop(signal, delayMs ?? this.#options.stopDelayMs).then(resolve, reject);
    } else if (delayMs !== undefined) {
      this.#delay.shorten(delayMs);
    }
    await this.#stopping;
  }

  /** As `stop()`, when another process has the listeners: their files stay. */
  async leave(leaving: Leaving): Promise<void> {
    if (this.#state === 'new' || this.#state === 'failed') return;
    if (this.#stopping !== null) return this.#stopping;
    const { promise, resolve, reject } = deferred();
    this.#stopping = promise;
    this.#leave(leaving).then(resolve, reject);
    await promise;
  }

  kill(): Promise<void> {
    if (this.#state !== 'new') {
      void this.#host.callOffUpgrade(true);
      void this.crew.kill();
      this.#agent?.kill();
    }
    return this.stop('SIGTERM', 0);
  }

  /** After they have changed. */
  applyOptions(): void {
    configureDispatcher(this.#options);
    if (this.#watch.isStarted) this.#watch.start();
  }

  get #options(): ValidSupervisorOptions {
    return this.#host.configuration.valid;
  }

  async #leaveAndStop(signal: StopSignal, delayMs: number): Promise<void> {
    if (delayMs > 0 && this.#state === 'running') {
      this.#state = 'leaving';
      const isOver = this.#delay.wait(delayMs);
      // Who is told to stop is not to live on in another process.
      const calledOff = this.#host.callOffUpgrade(false);
      this.#teller.tell('leaving', delayMs);
      await calledOff;
      await isOver;
      // It may have failed meanwhile.
      if (!this.isRunning) return;
    }
    await this.#stop(signal);
  }

  async #stop(signal: StopSignal): Promise<void> {
    this.#setStopping();
    const calledOff = this.#host.callOffUpgrade(false);
    this.#teller.tell('stopping');
    await rondo()?.closeListeners();
    await this.crew.close(signal);
    await this.#agent?.stop();
    await calledOff;
    this.#end('stopped');
    this.#teller.tell('stopped');
  }

  async #leave({ reason, moves, onLeft, onEnded }: Leaving): Promise<void> {
    this.#setStopping();
    if (reason === 'stop') this.#teller.tell('stopping');
    if (reason === 'stop') await rondo()?.giveBackListeners();
    else await rondo()?.leaveListeners(moves, onLeft);
    await this.crew.close('SIGTERM', reason, moves);
    await onEnded();
    await this.#agent?.stop();
    this.#end('stopped');
    this.#teller.tell('stopped');
  }

  #setStopping(): void {
    this.#state = 'stopping';
    this.#watch.retire();
    this.crew.freeze();
    this.#started.reject(stopped());
    this.#seated.resolve();
  }

  #fail({ lastOutput, seat, listenError }: CrewFailure): void {
    if (!this.isRunning) return;
    // The start rejects, and what was accepted here goes back.
    if (this.#host.old() !== null) return this.#onChange();
    this.#end('failed');
    // Nothing keeps the process running now, and its end is no success.
    process.exitCode ??= 1;
    void this.#agent?.stop();
    // Also those that were inherited, which would keep the process running.
    void rondo()?.closeListeners();
    const why =
      listenError === null
        ? 'Every seat has stopped after too many failures'
        : `Worker ${seat} cannot listen, so none can`;
    const detail = lastOutput === '' ? '' : `\n${lastOutput.trimEnd()}`;
    const error = new RondoError('ERR_RONDO_START_FAILED', `${why}${detail}`, {
      seat,
      lastOutput,
      ...(listenError !== null && { cause: Object.assign(new Error(why), listenError) }),
    });
    // What is in flight was accepted before.
    this.#whenGone = this.crew.kill(true);
    void this.#whenGone.then(() => {
      this.#teller.tell('failed', error);
      this.#started.reject(error);
    });
  }

  #end(state: 'stopped' | 'failed'): void {
    this.#watch.stop();
    this.#unwatch();
    this.#delay.end();
    keepListeners(false);
    this.#state = state;
    this.#seated.resolve();
    if (active === this) active = null;
  }

  #checkStarting(): void {
    if (this.#state !== 'starting') throw stopped();
  }

  #onChange(): void {
    if (!this.isRunning) return;
    if (this.crew.ready > 0 && !this.#watch.isStarted) this.#watch.start();
    // The start is over when every seat is one way or the other.
    if (this.#state === 'starting' && this.crew.isSettled) {
      this.#state = 'running';
      this.#started.resolve();
    }
    this.#tellMissing();
  }

  /** Of a start it is not known before somebody serves. */
  get #missing(): number[] {
    if (!this.isRunning || (this.#state === 'starting' && this.crew.ready === 0)) {
      return [];
    }
    return this.crew.seats.filter(({ isMissing }) => isMissing).map(({ id }) => id);
  }

  #tellMissing(): void {
    const missing = this.#missing;
    if (missing.join() === this.#missingTold) return;
    this.#missingTold = missing.join();
    if (missing.length === 0) return this.#teller.tell('recovered');
    this.#teller.tell('degraded', {
      missing,
      ready: this.crew.ready,
      workers: this.#options.workers,
    });
  }

  #openAgent(file: string): Agent {
    return new Agent(file, this.#options, {
      onReady: (pid) => this.#teller.tell('agent:ready', pid),
      onExited: (code, signal) => this.#teller.tell('agent:exited', code, signal),
      onStopped: (error) => this.#teller.tell('agent:stopped', error),
      options: () => this.#options,
    });
  }

  #openWatch(): Watch {
    return new Watch({
      seats: () => this.crew.seats,
      workers: () => this.crew.workers,
      options: () => this.#options,
      heartbeatAgeMs: ({ worker }) => rondo()?.slotOf(worker)?.stats().heartbeatAgeMs ?? null,
      onHung: (worker, ageMs) => {
        if (worker.isKilled) return;
        this.#teller.tell('worker:hung', worker.info(), Math.round(ageMs));
        worker.kill('hung');
      },
      recycle: this.#host.recycle,
      onCheck: () => this.crew.forgetKills(),
      isAgentReady: () => this.#agent?.isReady ?? null,
      onUnhealthy: (ready) =>
        this.#teller.tell('unhealthy', {
          agent: this.#agent?.isReady ?? null,
          ready,
          workers: this.#options.workers,
        }),
    });
  }
}

function stateError(message: string): RondoError {
  return new RondoError('ERR_RONDO_SUPERVISOR_STATE', message);
}

function stopped(): RondoError {
  return stateError('The supervisor was stopped');
}
