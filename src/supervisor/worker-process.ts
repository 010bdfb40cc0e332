/**
 * One worker process, from its start to its end; its phases are in worker-phase.ts. One that has been ready
 * for `minUptimeMs`, then answers, and listens where it is expected to, is well. What follows from a transition, such as
 * a replacement, is its seat's business (seat.ts).
 */

import type { Address, Worker } from 'node:cluster';
import type { DrainSettings } from '../drain/types.js';
import { deferred } from './deferred.js';
import { LastWords } from './last-words.js';
import type { SystemErrorFields, ToSupervisor, ToWorker } from './messages.js';
import { sumMs, type ValidSupervisorOptions } from './options.js';
import { Pulse } from './pulse.js';
import type { Awaited, StopSignal, WorkerInfo, WorkerReason, WorkerState } from './types.js';
import { watchWorker } from './watch-worker.js';
import { WorkerFailure, whyNotReady } from './worker-failure.js';
import { mayFollow, type Phase, stateIn } from './worker-phase.js';
import { WorkerRecord } from './worker-record.js';

/** A program may open and close servers for as long as it runs. */
const MOST_PLACES = 64;

/**
 * Why others serve on, so that idle connections go to them. Not of a signal, which may be one to all, and not of a
 * worker that disconnects by itself.
 */
const OTHERS_SERVE: readonly WorkerReason[] = [
  'reload',
  'scale',
  'recycle',
  'restart',
  'drain',
  'error',
];

export interface WorkerOwner {
  /** After each transition. */
  onState(worker: WorkerProcess): void;
  onWell(worker: WorkerProcess): void;
  /** Where it is still to listen before it is well, and for how long it is waited for; null: nowhere. */
  awaited(worker: WorkerProcess): Awaited | null;
  /** It answers, and is waited for. */
  onAwaited(worker: WorkerProcess, awaited: Awaited): void;
  onError(worker: WorkerProcess, stack: string): void;
  /** It is to get no more connections; those that it has not received go to others. */
  release(worker: WorkerProcess): void;
  /** Whether the kernel has killed a process because of exhausted memory, and nobody has been told. */
  takeOomKill(): boolean;
}

export class WorkerProcess {
  readonly worker: Worker;
  readonly pulse: Pulse;
  readonly #record: WorkerRecord;
  readonly #lastWords = new LastWords();
  #phase: Phase = 'starting';
  /** Of its phase. */
  #timer: NodeJS.Timeout | undefined;
  readonly #options: ValidSupervisorOptions;
  readonly #owner: WorkerOwner;
  readonly #well = deferred();
  readonly #exited = deferred();

  /** `worker` was forked in this very tick. */
  constructor(seat: number, worker: Worker, options: ValidSupervisorOptions, owner: WorkerOwner) {
    this.worker = worker;
    this.#record = new WorkerRecord(seat, worker);
    this.#options = options;
    this.#owner = owner;
    this.pulse = new Pulse(() => this.#send({ cmd: 'NODE_SUPERVISE_ASK' }));
    watchWorker(worker, {
      onListening: (address) => this.#onListening(address),
      onReadyMessage: () => this.#setReadyWhen('message'),
      onMessage: (message) => this.#onMessage(message),
      onDisconnect: () => this.#beginDrain('disconnect'),
      onExit: (code, signal) => this.#onExit(code, signal),
      onNotStarted: (error) => {
        this.#lastWords.hearError(error.message);
        this.#onExit(null, null);
      },
    });
    this.#timer = setTimeout(() => this.kill('start-timeout'), options.startTimeoutMs);
  }

  get state(): WorkerState {
    return this.#record.state;
  }

  get isWell(): boolean {
    return this.#phase === 'well';
  }

  /** With the reason, where rondo knows it better than the program. */
  get lastOutput(): string {
    const { text } = this.#lastWords;
    if (this.#record.reason !== 'start-timeout') return text;
    return `${text}${text === '' ? '' : '\n'}${whyNotReady(this.#options, this.#record)}`;
  }

  /** It cannot listen, and no worker could: the error that it died of. */
  get listenError(): SystemErrorFields | null {
    return this.#lastWords.listenError;
  }

  /** It ends because of a signal, or in order: perhaps everything is about to. */
  get isPerhapsAsked(): boolean {
    if (this.#record.reason === 'signal') return true;
    if (this.#record.state !== 'exited' || this.#record.readyAt === null) return false;
    return (
      this.#record.code === 0 || ['SIGTERM', 'SIGINT', 'SIGHUP'].includes(this.#record.signal ?? '')
    );
  }

  get livedMs(): number {
    return this.#record.livedMs;
  }

  /** By this process; it may take a moment to end. */
  get isKilled(): boolean {
    return this.#phase === 'killed';
  }

  /** How long it was there for connections; null if it never was. */
  get servedMs(): number | null {
    return this.#record.servedMs;
  }

  /** Resolves when it is well; rejects with a {@link WorkerFailure} if it never will be. */
  get whenWell(): Promise<void> {
    return this.#well.promise;
  }

  get whenExited(): Promise<void> {
    return this.#exited.promise;
  }

  info(): WorkerInfo {
    return this.#record.info();
  }

  /** A server was attached in it, in place of listening. */
  onAttached(): void {
    this.#setReadyWhen('listening');
  }

  /** It may listen at one address more than before, or less may be expected of it. */
  onServing(): void {
    if (this.#phase === 'proven') this.#awaitAddresses();
  }

  /** It was told so, and may do something about it. */
  onCannotListen(error: SystemErrorFields): void {
    if (this.#phase === 'starting') this.#lastWords.hearCannotListen(error);
  }

  /**
   * Nothing new, and an end when what is in flight is done. A second call has no effect. With `moves` idle connections are
   * given back.
   */
  drain(
    reason: WorkerReason,
    signal: StopSignal = 'SIGTERM',
    moves: boolean = OTHERS_SERVE.includes(reason),
  ): void {
    if (!this.#beginDrain(reason)) return;
    const { idleGraceMs, drainTimeoutMs, handlerTimeoutMs } = this.#options;
    this.#sendDrain({ idleGraceMs, drainTimeoutMs, handlerTimeoutMs, moves }, signal);
  }

  /** A draining one is to destroy what it has still open. False: it does so already. */
  hurry(): boolean {
    if (!this.#enter('hurried')) return false;
    this.#setKillTimer(0);
    this.#sendDrain({ idleGraceMs: 0, drainTimeoutMs: 0, handlerTimeoutMs: 0 }, 'SIGTERM');
    return true;
  }

  /** At once, without a drain. */
  kill(reason: WorkerReason): void {
    if (!this.#enter('killed')) return;
    this.#record.reason ??= reason;
    this.worker.process.kill('SIGKILL');
  }

  #onListening(address: Address): void {
    // Two may tell of the same.
    if (this.#record.listening.some((other) => isSamePlace(other, address))) return;
    const { listening } = this.#record;
    if (listening.length < MOST_PLACES) listening.push(address);
    this.#setReadyWhen('listening');
  }

  #setReadyWhen(what: ValidSupervisorOptions['readyWhen']): void {
    if (this.#options.readyWhen !== what || !this.#enter('ready')) return;
    this.#record.readyAt = performance.now();
    this.#lastWords.forgetListenError();
    this.#timer = setTimeout(() => this.#prove(), this.#options.minUptimeMs);
    // It may be stuck before its heartbeat has begun.
    if (this.#options.hangTimeoutMs > 0) this.pulse.ask();
    this.#owner.onState(this);
  }

  /** It may have been stuck for as long as it has been ready. */
  #prove(): void {
    this.#timer = setTimeout(() => this.kill('hung'), this.#options.startTimeoutMs);
    this.pulse.prove(() => {
      if (!this.#enter('proven')) return;
      const awaited = this.#awaitAddresses();
      if (awaited !== null) this.#owner.onAwaited(this, awaited);
    });
  }

  /** Null: it is well. */
  #awaitAddresses(): Awaited | null {
    clearTimeout(this.#timer);
    const awaited = this.#owner.awaited(this);
    if (awaited === null) this.#setWell();
    else this.#timer = setTimeout(() => this.#setWell(), awaited.waitMs);
    return awaited;
  }

  #setWell(): void {
    if (!this.#enter('well')) return;
    // Its last words are not wanted any more.
    this.#send({ cmd: 'NODE_SUPERVISE_READY' });
    this.#well.resolve();
    this.#owner.onWell(this);
  }

  #onMessage(message: ToSupervisor): void {
    switch (message.cmd) {
      case 'NODE_SUPERVISE_ERROR':
        this.#lastWords.hearError(message.stack, message.system);
        this.#owner.onError(this, message.stack);
        if (message.isGuarded) this.#beginDrain('error');
        else this.#record.reason ??= 'error';
        break;
      case 'NODE_SUPERVISE_SIGNAL':
        this.#beginDrain('signal');
        break;
      case 'NODE_SUPERVISE_OUTPUT':
        this.#lastWords.hearOutput(message.text);
        break;
      case 'NODE_SUPERVISE_DRAINED':
        this.#record.drained = message.counts;
        break;
      case 'NODE_SUPERVISE_STATUS':
        this.pulse.hear({ rssBytes: message.rssBytes, connections: message.connections });
        break;
      case 'NODE_SUPERVISE_LISTENING':
        // Node's types have no null there, which stands for every address.
        this.#onListening(message.place as Address);
        break;
      case 'NODE_SUPERVISE_STARTED':
        this.#record.isLoaded = true;
        this.#setReadyWhen('started');
        break;
    }
  }

  /** False: it drains already, or is dead. */
  #beginDrain(reason: WorkerReason): boolean {
    if (!this.#enter('draining')) return false;
    this.#record.reason ??= reason;
    this.#owner.release(this);
    this.#setKillTimer(this.#options.drainTimeoutMs);
    this.#failWell();
    this.#owner.onState(this);
    return true;
  }

  #setKillTimer(drainTimeoutMs: number): void {
    const ms = sumMs(drainTimeoutMs, this.#options.killTimeoutMs);
    this.#timer = setTimeout(() => this.kill(this.#record.reason ?? 'stop'), ms);
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    const before = this.#record.state;
    if (!this.#enter('exited')) return;
    this.#record.exitedAt = performance.now();
    this.#record.code = code;
    this.#record.signal = signal;
    this.#record.reason ??= this.#whyEnded(before, signal);
    this.#failWell();
    this.#owner.onState(this);
    this.#exited.resolve();
  }

  #whyEnded(before: WorkerState, signal: NodeJS.Signals | null): WorkerReason {
    if (signal === 'SIGKILL' && this.#owner.takeOomKill()) return 'oom';
    return before === 'starting' ? 'start-failed' : 'exit';
  }

  #failWell(): void {
    this.#well.reject(new WorkerFailure(this.info(), this.servedMs, this.lastOutput));
  }

  /** False: that phase does not follow. Whoever enters one tells of it, when all else is as it should be. */
  #enter(phase: Phase): boolean {
    if (!mayFollow(this.#phase, phase)) return false;
    this.#phase = phase;
    this.#record.state = stateIn(phase, this.#record.state);
    clearTimeout(this.#timer);
    return true;
  }

  #sendDrain(drain: DrainSettings, signal: StopSignal): void {
    this.#send({ cmd: 'NODE_SUPERVISE_DRAIN', drain, signal });
  }

  /** False: it has disconnected, and is about to end. */
  #send(message: ToWorker): boolean {
    if (!this.worker.process.connected) return false;
    this.worker.process.send(message, () => {});
    return true;
  }
}

function isSamePlace(a: Address, b: Address): boolean {
  return a.address === b.address && a.port === b.port && a.addressType === b.addressType;
}
