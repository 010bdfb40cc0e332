/**
 * One worker process, from its start to its end.
 *
 *   starting ──▶ ready ──▶ draining ──▶ exited
 *       └────────────┴────────┴──────────▲
 *
 * What follows from a transition, such as a replacement, is its seat's business (seat.ts).
 */

import type { Address, Worker } from 'node:cluster';
import type { DrainCounts } from '../drain/types.js';
import {
  asSuperviseMessage,
  isToSupervisor,
  type ToSupervisor,
  type ToWorker,
} from './messages.js';
import type { ValidSupervisorOptions } from './options.js';
import type { StopSignal, WorkerInfo, WorkerReason, WorkerState } from './types.js';

export interface WorkerOwner {
  /** After each transition. */
  onState(worker: WorkerProcess): void;
  onError(worker: WorkerProcess, stack: string): void;
  /** It is to get no more connections; those that it has not received go to others. */
  release(worker: WorkerProcess): void;
}

/** What `'status'` says; see watch.ts. */
export interface WorkerStatus {
  rssBytes: number;
  connections: number;
}

export class WorkerProcess {
  readonly seat: number;
  readonly worker: Worker;
  readonly startedAt = performance.now();
  /** Resolves when it is ready; rejects, saying why and with its last output, if it never will be. */
  readonly whenReady: Promise<void>;
  readonly whenExited: Promise<void>;
  #state: WorkerState = 'starting';
  #reason: WorkerReason | null = null;
  #isKilled = false;
  #code: number | null = null;
  #signal: NodeJS.Signals | null = null;
  #readyAt: number | null = null;
  #exitedAt: number | null = null;
  readonly #listening: Address[] = [];
  #drained: DrainCounts | null = null;
  #status: WorkerStatus | null = null;
  /** When it answered last, or began to drain. */
  #heardAt = 0;
  /** What it wrote last before it was ready, or its uncaught error. */
  #lastOutput = '';
  /** Of its start, then of its drain. */
  #timer: NodeJS.Timeout | undefined;
  readonly #options: ValidSupervisorOptions;
  readonly #owner: WorkerOwner;
  #resolveReady!: () => void;
  #rejectReady!: (error: Error) => void;
  #resolveExited!: () => void;

  /** `worker` was forked in this very tick. */
  constructor(seat: number, worker: Worker, options: ValidSupervisorOptions, owner: WorkerOwner) {
    this.seat = seat;
    this.worker = worker;
    this.#options = options;
    this.#owner = owner;
    this.whenReady = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    // Whoever does not wait for it hears of the end by onState.
    this.whenReady.catch(() => {});
    this.whenExited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
    this.#watch();
    this.#timer = setTimeout(() => this.kill('start-timeout'), options.startTimeoutMs);
  }

  get state(): WorkerState {
    return this.#state;
  }

  get lastOutput(): string {
    return this.#lastOutput;
  }

  get livedMs(): number {
    return (this.#exitedAt ?? performance.now()) - this.startedAt;
  }

  /** By this process; it may take a moment to end. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** How long it was there for connections. */
  get servedMs(): number {
    return this.#readyAt === null ? 0 : (this.#exitedAt ?? performance.now()) - this.#readyAt;
  }

  /** As it said last. */
  get status(): WorkerStatus | null {
    return this.#status;
  }

  /** While it drains: for how long it has not answered. */
  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  info(): WorkerInfo {
    return {
      seat: this.seat,
      id: this.worker.id,
      pid: this.worker.process.pid ?? null,
      state: this.#state,
      reason: this.#reason,
      code: this.#code,
      signal: this.#signal,
      livedMs: Math.round(this.livedMs),
      readyAfterMs: this.#readyAt === null ? null : Math.round(this.#readyAt - this.startedAt),
      listening: [...this.#listening],
      drained: this.#drained,
    };
  }

  /** It listens, or said that it is ready. */
  setReady(): void {
    if (this.#state !== 'starting') return;
    this.#readyAt = performance.now();
    this.#send({ cmd: 'NODE_SUPERVISE_READY' });
    this.#resolveReady();
    this.#transit('ready');
  }

  /** Nothing new, and an end when what is in flight is done. Twice is as good as once. */
  drain(reason: WorkerReason, signal: StopSignal = 'SIGTERM'): void {
    if (!this.#beginDrain(reason)) return;
    const { idleGraceMs, drainTimeoutMs } = this.#options;
    this.#send({ cmd: 'NODE_SUPERVISE_DRAIN', drain: { idleGraceMs, drainTimeoutMs }, signal });
  }

  /** At once, without a drain. */
  kill(reason: WorkerReason): void {
    if (this.#state === 'exited') return;
    this.#isKilled = true;
    this.#reason ??= reason;
    this.worker.process.kill('SIGKILL');
  }

  /** Asks for a new status. */
  ask(): void {
    this.#send({ cmd: 'NODE_SUPERVISE_ASK' });
  }

  #watch(): void {
    const { worker } = this;
    const { readyWhen } = this.#options;
    worker.on('listening', (address) => {
      this.#listening.push(address);
      if (readyWhen === 'listening') this.setReady();
    });
    worker.on('message', (message) => {
      if (readyWhen === 'message' && message === 'ready') this.setReady();
    });
    worker.process.on(
      'internalMessage' as never,
      ((message: unknown) => {
        const known = asSuperviseMessage(message);
        if (known !== null && isToSupervisor(known)) this.#onMessage(known);
      }) as never,
    );
    worker.once('disconnect', () => {
      // Of any other Node's child ends at once, if it has not done so already.
      if (worker.exitedAfterDisconnect) this.#beginDrain('disconnect');
    });
    worker.once('exit', (code, signal) => {
      this.#onExit(code, signal as NodeJS.Signals | null);
    });
    worker.on('error', (error) => {
      // A living worker may emit 'error' too, when it could not be sent a message.
      if (worker.process.pid !== undefined) return;
      this.#lastOutput = error.message;
      this.#onExit(null, null);
    });
  }

  #onMessage(message: ToSupervisor): void {
    switch (message.cmd) {
      case 'NODE_SUPERVISE_ERROR':
        this.#lastOutput = message.stack;
        this.#owner.onError(this, message.stack);
        if (message.isGuarded) this.#beginDrain('error');
        else this.#reason ??= 'error';
        break;
      case 'NODE_SUPERVISE_SIGNAL':
        this.#beginDrain('signal');
        break;
      case 'NODE_SUPERVISE_OUTPUT':
        // An error's stack says more than that it was printed.
        if (this.#lastOutput === '') this.#lastOutput = message.text;
        break;
      case 'NODE_SUPERVISE_DRAINED':
        this.#drained = message.counts;
        break;
      case 'NODE_SUPERVISE_STATUS':
        this.#heardAt = performance.now();
        this.#status = { rssBytes: message.rssBytes, connections: message.connections };
        break;
    }
  }

  /** False: it drains already, or is dead. */
  #beginDrain(reason: WorkerReason): boolean {
    if (this.#isKilled || this.#state === 'draining' || this.#state === 'exited') return false;
    this.#reason ??= reason;
    this.#owner.release(this);
    clearTimeout(this.#timer);
    const { drainTimeoutMs, killTimeoutMs } = this.#options;
    this.#timer = setTimeout(() => this.kill(reason), drainTimeoutMs + killTimeoutMs);
    this.#failStart();
    this.#heardAt = performance.now();
    this.#transit('draining');
    return true;
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#state === 'exited') return;
    clearTimeout(this.#timer);
    this.#exitedAt = performance.now();
    this.#code = code;
    this.#signal = signal;
    this.#reason ??= this.#state === 'starting' ? 'start-failed' : 'exit';
    this.#failStart();
    this.#transit('exited');
    this.#resolveExited();
  }

  #failStart(): void {
    const { pid } = this.worker.process;
    const how =
      this.#exitedAt === null
        ? `drains (${this.#reason})`
        : this.#signal === null
          ? `ended with code ${this.#code}`
          : `was ended by ${this.#signal}`;
    const why = this.#reason === 'start-timeout' ? ': it was not ready in time' : '';
    const output = this.#lastOutput === '' ? '' : `\n${this.#lastOutput.trimEnd()}`;
    this.#rejectReady(new Error(`worker ${this.seat} (pid ${pid}) ${how}${why}${output}`));
  }

  #transit(state: WorkerState): void {
    if (state === 'ready') clearTimeout(this.#timer);
    this.#state = state;
    this.#owner.onState(this);
  }

  #send(message: ToWorker): void {
    // One that has disconnected is about to end.
    if (this.worker.process.connected) this.worker.process.send(message, () => {});
  }
}
