/**
 * The Supervisor: so many workers of one program, kept alive, replaced without a failed request, and ended
 * in order. It says what is to be, and one change after another; what it has comes and goes in
 * lifecycle.ts, each seat knows how one worker follows another (seat.ts), and a worker process what it is
 * doing (worker-process.ts).
 */

import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { invalidOption, RondoError } from '../errors.js';
import { checkInteger, checkKeys, checkOneOf, type Keys } from '../options.js';
import type { ListenerChanges, SlotOptions } from '../types/options.js';
import { Configuration, isDealing, withChanges } from './configuration.js';
import { Figures } from './figures.js';
import { rondo } from './forking.js';
import { Lifecycle } from './lifecycle.js';
import { dispatcherInUse, findListener, listenersMeant } from './listeners.js';
import { restartSeat, validateDrainSeat } from './one-seat.js';
import { LONGEST_MS, MOST_WORKERS, sumMs } from './options.js';
import { replaceAll } from './reload.js';
import type { Seat } from './seat.js';
import { Teller } from './teller.js';
import type {
  DealingChanges,
  DrainSeatOptions,
  ReloadOptions,
  StartOptions,
  StopOptions,
  StopSignal,
  SupervisorEvents,
  SupervisorOptions,
  SupervisorStats,
  UpgradeResult,
  WorkerState,
} from './types.js';
import { passengers } from './upgrade/passengers.js';
import { type Predecessor, predecessor } from './upgrade/predecessor.js';
import { checkReplaceable } from './upgrade/refusals.js';
import { TakeOver } from './upgrade/take-over.js';
import { Upgrade } from './upgrade/upgrade.js';
import type { WorkerProcess } from './worker-process.js';

const STOP_KEYS: Keys<StopOptions> = { delayMs: true };

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
  /** The number of the last scaling that waits. */
  #scaling: number | null = null;
  #upgrade: Upgrade | null = null;
  /** Until this process has everything of the one whose place it takes. */
  #takeOver: TakeOver | null = null;
  #givingUp: Promise<void> | null = null;
  /** What the process before this one still has comes by way of this one, if another takes its place meanwhile. */
  #oldEnded: Promise<void> = Promise.resolve();

  /**
   * Starts nothing yet.
   *
   * Throws `ERR_RONDO_INVALID_OPTION`, also where the program cannot be found, and
   * `ERR_RONDO_UNKNOWN_OPTION`.
   */
  constructor(options: SupervisorOptions) {
    super();
    const old = predecessor();
    const changed = old === null ? options : withChanges(options, old.manifest);
    this.#configuration = new Configuration(options, changed);
    if (old !== null) this.#takeOver = this.#openTakeOver(old);
    this.#lifecycle = new Lifecycle({
      configuration: this.#configuration,
      teller: this.#teller,
      recycle: (seat, worker) => this.#recycle(seat, worker),
      old: () => this.#takeOver,
      callOffUpgrade: async (isKilled) => {
        if (isKilled) this.#upgrade?.kill();
        await this.#upgrade?.callOff();
      },
    });
  }

  /** How many workers there are to be. */
  get workers(): number {
    return this.#configuration.valid.workers;
  }

  /** The same after the scalings that wait for their turn. @internal */
  get workersToBe(): number {
    return this.#scaling ?? this.workers;
  }

  /** How long an end takes at most after the delay of it, in milliseconds; afterwards something is wrong. @internal */
  get endWithinMs(): number {
    const { drainTimeoutMs, killTimeoutMs } = this.#configuration.valid;
    // The agent ends after the workers.
    return sumMs(drainTimeoutMs, killTimeoutMs, killTimeoutMs);
  }

  /** The options in force, with defaults, as they are after `configure()`, `scale()` and reloads. A copy. */
  get options(): SupervisorOptions {
    return this.#configuration.inForce;
  }

  /** Also before the start, for a program that takes its time before that. @internal */
  get isStopAsked(): boolean {
    return this.#lifecycle.isStopAsked;
  }

  /** By an upgrade this process takes the place of another one, and has not everything yet. */
  get isTakingOver(): boolean {
    return this.#takeOver !== null;
  }

  /**
   * Starts the agent, if there is one, and when it is ready the workers. Resolves when each seat has a
   * ready worker or has stopped, and at least one has a ready worker; `isDegraded` of `stats()` says
   * whether any has stopped. Workers are watched from when the first of them is ready.
   *
   * Rejects with `ERR_RONDO_START_FAILED` when every seat has stopped, at once when the first worker cannot
   * listen (`cause.code` is `EADDRINUSE`, `EACCES` or `EADDRNOTAVAIL`), or when the agent does not become ready,
   * with what it wrote last in the message; `ERR_RONDO_SUPERVISOR_STATE` if it was started before, is
   * stopped meanwhile, or another Supervisor runs in this process. When `signal` is aborted everything is
   * stopped, and it rejects with the signal's reason.
   */
  async start({ signal }: StartOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const abort = (): void => void this.stop();
    signal?.addEventListener('abort', abort);
    try {
      await this.#start();
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
   * those do not start any more. `ERR_RONDO_START_FAILED` if every seat has a new worker, and one that came with a larger number
   * of `workers` has stopped. `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`, and `ERR_RONDO_SUPERVISOR_STATE` if it is
   * not running, or is stopped meanwhile.
   */
  async reload(changes: ReloadOptions = {}): Promise<void> {
    this.#lifecycle.checkRunning();
    for (const key of ['transport', 'agent', 'sockets', 'sticky'] as const) {
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
    this.#scaling = workers;
    const { ended } = await this.#enqueue(() => this.#resize(workers));
    await ended;
  }

  /**
   * Changes how connections are dealt from now on; what is left out stays. Throws as `reload()` rejects.
   */
  configure(changes: DealingChanges): void {
    this.#lifecycle.checkRunning();
    const before = this.#configuration.undoing(changes);
    this.#configuration.change(changes);
    try {
      this.#lifecycle.applyOptions();
    } catch (error) {
      // Such as what the ipc transport cannot do.
      this.#configuration.change(before);
      throw error;
    }
  }

  /**
   * The program gives these options by itself from now on, such as out of a file that it has read again: in an upgrade it
   * is the new process that says them. @internal
   */
  rebase(changes: Partial<SupervisorOptions>): void {
    this.#configuration.rebase(changes);
  }

  /**
   * Replaces the worker of one seat, as a reload does, with the options in force. The old one serves until the new one is well, and
   * drains then. A seat that is drained, waits or has stopped gets a worker. Resolves when the new one is well.
   *
   * Rejects with `ERR_RONDO_RESTART_FAILED`, with `seat` and `lastOutput`, if it is not: the old worker stays then.
   * `ERR_RONDO_INVALID_OPTION` if there is no such seat, and `ERR_RONDO_SUPERVISOR_STATE` if it is not running.
   */
  async restart(seat: number): Promise<void> {
    this.#lifecycle.checkRunning();
    this.#lifecycle.crew.seat(seat);
    await this.#enqueue(() => restartSeat(this.#lifecycle.crew.seat(seat)));
    this.#lifecycle.checkRunning();
  }

  /**
   * The worker of one seat drains, and the seat stays without one until `restart()` or a reload; nothing is missing then.
   * Resolves when it has ended. A second call has no further effect.
   *
   * Rejects with `ERR_RONDO_LAST_WORKER` if no other seat has a ready worker, unless `force` is given;
   * `ERR_RONDO_INVALID_OPTION` if there is no such seat, and `ERR_RONDO_SUPERVISOR_STATE` if it is not running.
   */
  async drain(seat: number, options: DrainSeatOptions = {}): Promise<void> {
    const { force } = validateDrainSeat(options);
    this.#lifecycle.checkRunning();
    this.#lifecycle.crew.seat(seat);
    const { ended } = await this.#enqueue(async () => this.#lifecycle.crew.drain(seat, force));
    await ended;
  }

  /**
   * Changes the weight of a seat and how many connections its worker may have, as `slot.configure()` does, for its worker and
   * for those that follow; what is left out stays, and null removes the limit. Lost when the seat is removed by `scale()`.
   *
   * Throws `ERR_RONDO_INVALID_OPTION`, also if there is no such seat, `ERR_RONDO_UNKNOWN_OPTION`,
   * `ERR_RONDO_SUPERVISOR_STATE` if it is not running, and `ERR_RONDO_NATIVE_MISSING` with Node's own scheduling.
   */
  configureSeat(seat: number, changes: SlotOptions): void {
    this.#lifecycle.checkRunning();
    dispatcherInUse();
    this.#lifecycle.crew.configureSeat(seat, changes);
  }

  /**
   * Changes the policy and the limits of one listener, by its id or name in `stats()`, as `listener.configure()` does. It keeps them
   * for as long as it is open, which is over reloads.
   *
   * Throws as `configureSeat()`.
   */
  configureListener(listener: number | string, changes: ListenerChanges): void {
    this.#lifecycle.checkRunning();
    findListener(listener).configure(changes);
  }

  /**
   * Accepts nothing more on one listener, by its id or name in `stats()`, or on all that are open. Connections wait in the
   * kernel's backlog; with the ipc transport in the primary. Those that workers have go on. A second call has no effect.
   *
   * Throws as `configureSeat()`.
   */
  pause(listener?: number | string): void {
    this.#lifecycle.checkRunning();
    for (const one of listenersMeant(listener)) one.pause();
  }

  /** Accepts again after `pause()`. Throws as that does. */
  resume(listener?: number | string): void {
    this.#lifecycle.checkRunning();
    for (const one of listenersMeant(listener)) one.resume();
  }

  /**
   * Starts a new process in place of this one, by the command of this one: with the Node, the rondo and the program
   * to which their names lead by then. It gets the listening sockets, the keys of TLS session tickets, and the
   * options that were changed since the start, and starts its workers; both serve then. Resolves when all of them
   * have been ready for `minUptimeMs` and then answer, and the new process has everything. From then on this one
   * accepts nothing, its workers drain as by a reload, and `'stopped'` follows, with which the program is to end.
   * Reloads and scalings wait for it.
   *
   * In the new process a Supervisor notices by itself whose place it takes; its `start()` resolves when it has
   * everything, and any failure of a worker until then ends it.
   *
   * Rejects with `ERR_RONDO_UPGRADE_FAILED` if it ends, fails, or takes longer than `upgradeTimeoutMs`: this
   * process has everything still, and serves on, and the new one is gone. `ERR_RONDO_UPGRADE_REFUSED` where no
   * process can take the place of this one, with what to do then in the message: as PID 1, on Windows, with an
   * IPC channel to a parent, below npm and others that would end or start another, in a REPL, or with Node's
   * own scheduling. `ERR_RONDO_UPGRADE_STATE` while another upgrade goes on, before `start()` has resolved, or during the delay of a stop;
   * `ERR_RONDO_SUPERVISOR_STATE` if it is not running, or is stopped meanwhile.
   */
  async upgrade(): Promise<UpgradeResult> {
    this.#lifecycle.checkRunning();
    if (this.#upgrade !== null) {
      throw new RondoError('ERR_RONDO_UPGRADE_STATE', 'An upgrade goes on already');
    }
    if (this.#lifecycle.state === 'leaving') {
      throw new RondoError('ERR_RONDO_UPGRADE_STATE', 'A stop has begun');
    }
    if (this.#lifecycle.state === 'starting' || this.#takeOver !== null) {
      throw new RondoError('ERR_RONDO_UPGRADE_STATE', 'The start is not over yet');
    }
    checkReplaceable();
    const upgrade = new Upgrade({
      options: () => this.#configuration.valid,
      given: () => this.#configuration.base,
      changed: () => this.#configuration.changed,
      seats: () => this.#lifecycle.crew.seats.map(({ id, dealing }) => ({ seat: id, dealing })),
      onBegin: (pid) => this.#teller.tell('upgrade:begin', pid),
    });
    this.#upgrade = upgrade;
    try {
      return await this.#enqueue(() => this.#replaceBy(upgrade));
    } catch (error) {
      this.#upgrade = null;
      const isFailed = (error as RondoError).code === 'ERR_RONDO_UPGRADE_FAILED';
      if (isFailed && this.#lifecycle.isRunning) {
        this.#teller.tell('upgrade:failed', error as RondoError);
      }
      throw error;
    }
  }

  /**
   * Nobody can connect any more; every worker drains, then the agent ends. Resolves when all are gone,
   * which takes `drainTimeoutMs` and `killTimeoutMs` at most. Workers that handle `signal` themselves do so
   * when their requests are answered. Further calls wait for the same; before `start()`, and when it has failed,
   * there is nothing to stop. No worker is started any more once nobody can connect.
   *
   * With a `delayMs`, by default the option `stopDelayMs`, all goes on for so long before that, in the state
   * `leaving`; also reloads and scaling. A further call with another `delayMs` shortens it, 0 ends it. There is no
   * delay while the supervisor starts.
   *
   * Rejects with `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`.
   */
  async stop(signal: StopSignal = 'SIGTERM', options: StopOptions = {}): Promise<void> {
    checkOneOf('signal', signal, ['SIGTERM', 'SIGINT']);
    checkKeys('options', options, STOP_KEYS);
    const { delayMs } = options;
    if (delayMs !== undefined) checkInteger('delayMs', delayMs, 0, LONGEST_MS);
    await this.#lifecycle.stop(signal, delayMs);
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

  async #start(): Promise<void> {
    const takeOver = this.#takeOver;
    try {
      await this.#lifecycle.start();
      const closed = (await takeOver?.finish()) ?? [];
      if (takeOver === null) this.#settleStored();
      this.#takeOver = null;
      if (takeOver !== null) this.#oldEnded = takeOver.whenOldEnded;
      if (takeOver !== null) this.#teller.tell('upgrade:taken', takeOver.pid);
      for (const address of closed) this.#teller.tell('address:closed', address);
    } catch (error) {
      takeOver?.fail(error as Error);
      if (takeOver !== null) await this.#giveUp(takeOver);
      throw error;
    }
  }

  /** Nobody knows how long after its first address the workers before listened at another that a service manager has kept. */
  #settleStored(): void {
    const settle = (): void => {
      for (const address of rondo()?.taken.settle() ?? []) {
        this.#teller.tell('address:closed', address);
      }
    };
    const { startTimeoutMs } = this.#configuration.valid;
    const isOver = (rondo()?.taken.unwanted ?? []).length === 0;
    if (isOver) settle();
    else setTimeout(settle, startTimeoutMs).unref();
  }

  #openTakeOver(old: Predecessor): TakeOver {
    passengers.receive(old.manifest.passengers);
    return new TakeOver(old, {
      whenWell: () => this.#lifecycle.crew.whenWell(),
      change: (changes, reset) => {
        this.#configuration.change({ ...this.#configuration.given(reset), ...changes });
        this.#lifecycle.applyOptions();
      },
      configureSeats: (seats) => {
        const { crew } = this.#lifecycle;
        for (const { seat, dealing } of seats) {
          // There may be fewer, by the configuration of now.
          if (seat < crew.seats.length) crew.configureSeat(seat, dealing);
        }
      },
      giveUp: () => void this.#giveUp(this.#takeOver as TakeOver),
    });
  }

  /** The old process does without this one, which ends. What it has accepted goes back, if that serves on. */
  #giveUp(takeOver: TakeOver): Promise<void> {
    this.#givingUp ??= this.#giveBack(takeOver);
    return this.#givingUp;
  }

  async #giveBack(takeOver: TakeOver): Promise<void> {
    const back = await takeOver.openWayBack();
    if (back === null) return this.stop();
    await this.#lifecycle.leave({
      reason: 'stop',
      moves: true,
      onLeft: () => {},
      onEnded: () => back.finish(),
    });
  }

  async #replaceBy(upgrade: Upgrade): Promise<UpgradeResult> {
    const result = await upgrade.run();
    void this.#lifecycle.leave({
      reason: 'upgrade',
      moves: upgrade.passOn(),
      onLeft: () => upgrade.release(),
      onEnded: async () => {
        const over = new AbortController();
        const late = delay(this.endWithinMs, undefined, { signal: over.signal }).catch(() => {});
        await Promise.race([this.#oldEnded, late]);
        over.abort();
        await upgrade.finish();
      },
    });
    this.#teller.tell('upgrade:end', result.pid);
    return result;
  }

  #enqueue<R>(run: () => Promise<R>): Promise<R> {
    const done = this.#queue.then(async () => {
      await this.#lifecycle.whenSeated;
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
      const ours = this.#configuration.stillInForce(dealing);
      this.configure(Object.fromEntries(ours.map((key) => [key, before[key as never]])));
      this.#teller.tell('reload:failed', error as RondoError);
      throw error;
    }
    const others = Object.entries(changes).filter(
      // Those that deal are in force since it began; where nobody has said a number, there may be more or fewer CPUs than before.
      ([key, value]) => !isDealing(key) && (key !== 'workers' || value !== undefined),
    );
    this.#configuration.change(Object.fromEntries(others), next);
    this.#lifecycle.applyOptions();
    const unstarted =
      crew.seats.length === this.workers ? null : await failureOf(crew.resize(this.workers));
    this.#lifecycle.checkRunning();
    // The new program may listen elsewhere. Not while one is missing that may come back.
    const closed = crew.ready === crew.seats.length ? (rondo()?.closeUnusedListeners() ?? []) : [];
    for (const address of closed) this.#teller.tell('address:closed', address);
    this.#teller.tell('reload:end');
    if (unstarted !== null) throw unstarted;
  }

  async #resize(workers: number): Promise<{ ended: Promise<void> }> {
    if (this.#scaling === workers) this.#scaling = null;
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

function failureOf(done: Promise<unknown>): Promise<Error | null> {
  return done.then(
    () => null,
    (error: Error) => error,
  );
}
