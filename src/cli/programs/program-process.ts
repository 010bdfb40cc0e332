/**
 * The process of one of several programs, a `rondo start` of its own, and the next one if a signal ends it.
 *
 *   starting ──▶ ready ──▶ ended | failed          stop(): ▶ stopping ──▶ ended | failed
 *       └──────────┴──▶ waiting ──▶ starting       start() from ended and failed
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SAME_STOP_MS } from '../../service/signals.js';
import { workingDirectory } from '../../supervisor/program.js';
import { RestartPolicy } from '../../supervisor/restart-policy.js';
import type { StopSignal } from '../../supervisor/types.js';
import { Asking } from './asking.js';
import {
  type Answer,
  type FromProgram,
  METRICS_VARIABLE,
  onProgramMessage,
  PARENT_VARIABLE,
  programMessage,
  type Question,
  type ToProgram,
} from './messages.js';

const BIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** How often a process is followed by another one, of those that a signal has ended. */
const LIMITS = {
  maxRestarts: 10,
  restartWindowMs: 60_000,
  minUptimeMs: 1_000,
  backoffMinMs: 100,
  backoffMaxMs: 10_000,
};

/** What is to end at once may be stuck. */
const FORCE_MS = 2_000;

/** Of a process that a signal has ended, again and again. */
const FAILED = 1;

const STOPS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

export type ProgramState = 'starting' | 'ready' | 'waiting' | 'stopping' | 'ended' | 'failed';

export interface ProgramHost {
  /** Words of its command line, after `start`. */
  words(name: string): string[];
  /** How many sockets of a service manager it is to inherit, as 3 and on. */
  inherited: number;
  /** Whether it is to tell its metrics. */
  collects: boolean;
  onState(program: ProgramProcess): void;
  /** It was ended by a signal, and is followed by another one. */
  onLost(program: ProgramProcess, signal: NodeJS.Signals, delayMs: number): void;
  onMessage(message: unknown): void;
  /** It has begun to stop: how long that takes at most, null while it is delayed. */
  onStop(program: ProgramProcess, withinMs: number | null): void;
  onError(error: Error): void;
}

export class ProgramProcess {
  readonly name: string;
  readonly #host: ProgramHost;
  #policy = new RestartPolicy(LIMITS);
  #state: ProgramState = 'ended';
  #child: ChildProcess | null = null;
  #startedAt = 0;
  #code = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Of reloads that are not over. */
  #onReloaded = new Set<() => void>();
  readonly #asking = new Asking();
  /** What it has told of its stop; null: nothing. */
  #isDelayed: boolean | null = null;
  #delayEndedAt = Number.NEGATIVE_INFINITY;

  constructor(name: string, host: ProgramHost) {
    this.name = name;
    this.#host = host;
  }

  get state(): ProgramState {
    return this.#state;
  }

  get isOver(): boolean {
    return this.#state === 'ended' || this.#state === 'failed';
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Its exit code when it is over. */
  get code(): number {
    return this.#code;
  }

  /**
   * Whether it stops, and the delay of that is not over, as far as is known. For a moment after that, too: who sends a
   * signal to the whole group ends the delay before this process has received it.
   */
  get isLeaving(): boolean {
    if (this.#state !== 'stopping') return false;
    return this.#isDelayed !== false || performance.now() - this.#delayEndedAt < SAME_STOP_MS;
  }

  /** Once more, if it is over. What failed before is forgotten. */
  start(): void {
    if (!this.isOver) return;
    this.#policy = new RestartPolicy(LIMITS);
    this.#start();
  }

  /** Resolves when its reload is over, one way or the other, or when it is. */
  async reload(): Promise<void> {
    if (this.#state !== 'ready' && this.#state !== 'starting') return;
    const done = new Promise<void>((resolve) => this.#onReloaded.add(resolve));
    // Before it is ready the signal might end it.
    if (this.#state === 'ready') this.#child?.kill('SIGHUP');
    await done;
  }

  /** A second call has no effect: to the program, a second signal means that it must not wait. */
  stop(signal: StopSignal): void {
    if (this.isOver || this.#state === 'stopping') return;
    if (this.#child === null) return this.#end('ended', 0);
    clearTimeout(this.#timer);
    this.#setState('stopping');
    this.#child.kill(signal);
  }

  /** At once. */
  force(code: number): void {
    const child = this.#child;
    if (child === null) return this.stop('SIGTERM');
    this.#tell({ does: 'force', code });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => child.kill('SIGKILL'), FORCE_MS);
  }

  /** The delay of its stop is over, if it has begun. */
  hurry(signal: StopSignal): void {
    this.#tell({ does: 'hurry', signal });
  }

  /** Null if there is no process, or no answer in time. */
  ask(question: Question): Promise<Answer | null> {
    if (this.#child === null) return Promise.resolve(null);
    return this.#asking.ask(question, (message) => this.#tell(message));
  }

  send(message: unknown): void {
    if (this.#child?.connected) this.#child.send(message as object, () => {});
  }

  #start(): void {
    this.#startedAt = performance.now();
    this.#isDelayed = null;
    // An inherited descriptor keeps its number.
    const descriptors = Array.from({ length: 3 + this.#host.inherited }, (_, fd) => fd);
    const cwd = workingDirectory();
    const words = [...ownExecArgv(), BIN, 'start', ...this.#host.words(this.name)];
    const child = spawn(process.execPath, words, {
      stdio: [...descriptors, 'ipc'],
      // By its name: the release in which this process was started may be gone.
      cwd,
      env: {
        ...process.env,
        PWD: cwd,
        [PARENT_VARIABLE]: String(process.pid),
        ...(this.#host.collects && { [METRICS_VARIABLE]: '1' }),
      },
    });
    this.#child = child;
    child.on('message', (message, handle) => {
      // A socket or server is for one process, and nothing says for which.
      (handle as { close?(): void; destroy?(): void } | undefined)?.destroy?.();
      if (message !== 'ready') this.#host.onMessage(message);
      else if (this.#state === 'starting') this.#onReady(child);
    });
    onProgramMessage<FromProgram>(child, (message) => this.#hear(message));
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      this.#host.onError(error);
      this.#onExit(FAILED, null);
    });
    child.once('exit', (code, signal) => this.#onExit(code, signal));
    this.#setState('starting');
  }

  #tell(message: ToProgram): void {
    if (this.#child?.connected) this.#child.send(programMessage(message), () => {});
  }

  #hear(message: FromProgram): void {
    switch (message.does) {
      case 'reloaded':
        return this.#reloadsAreOver();
      case 'stop':
        if (this.#isDelayed === true && !message.isDelayed) this.#delayEndedAt = performance.now();
        this.#isDelayed = message.isDelayed;
        this.#host.onStop(this, message.isDelayed ? null : message.withinMs);
        return;
      case 'answer':
        return this.#asking.hear(message.id, message.answer);
    }
  }

  #onReady(child: ChildProcess): void {
    this.#asking.reset();
    this.#setState('ready');
    if (this.#onReloaded.size > 0) child.kill('SIGHUP');
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = null;
    clearTimeout(this.#timer);
    this.#asking.reset();
    this.#reloadsAreOver();
    if (signal === null) return this.#end(code === 0 ? 'ended' : 'failed', code ?? 0);
    if (this.#state === 'stopping') {
      // As long as it handles no signal, the first one ends it.
      return this.#end('ended', STOPS.includes(signal) ? 0 : FAILED);
    }
    const livedMs = performance.now() - this.#startedAt;
    const delayMs = this.#policy.next(performance.now(), livedMs);
    if (delayMs === null) return this.#end('failed', FAILED);
    this.#host.onLost(this, signal, delayMs);
    this.#timer = setTimeout(() => this.#start(), delayMs);
    this.#setState('waiting');
  }

  #end(state: 'ended' | 'failed', code: number): void {
    clearTimeout(this.#timer);
    this.#code = code;
    this.#setState(state);
  }

  #setState(state: ProgramState): void {
    this.#state = state;
    this.#host.onState(this);
  }

  #reloadsAreOver(): void {
    for (const resolve of this.#onReloaded) resolve();
    this.#onReloaded.clear();
  }
}

/** Of one process only can the inspector have its port. */
function ownExecArgv(): string[] {
  return process.execArgv.filter((word) => !word.startsWith('--inspect'));
}
