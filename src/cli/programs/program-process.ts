/**
 * The process of one of several programs, a `rondo start` of its own, and the next one if a signal ends it.
 *
 *   starting ──▶ ready ──▶ ended | failed          stop(): ▶ stopping ──▶ ended | failed
 *       └──────────┴──▶ waiting ──▶ starting       start() from ended and failed
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workingDirectory } from '../../supervisor/program.js';
import { RestartPolicy } from '../../supervisor/restart-policy.js';
import type { StopSignal } from '../../supervisor/types.js';
import { forceMessage, onProgramMessage, PARENT_VARIABLE } from './messages.js';

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
  onState(program: ProgramProcess): void;
  /** It was ended by a signal, and is followed by another one. */
  onLost(program: ProgramProcess, signal: NodeJS.Signals, delayMs: number): void;
  onMessage(message: unknown): void;
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

  stop(signal: StopSignal): void {
    if (this.isOver) return;
    if (this.#child === null) return this.#end('ended', 0);
    clearTimeout(this.#timer);
    this.#setState('stopping');
    this.#child.kill(signal);
  }

  /** At once. */
  force(code: number): void {
    const child = this.#child;
    if (child === null) return this.stop('SIGTERM');
    if (child.connected) child.send(forceMessage(code), () => {});
    this.#timer = setTimeout(() => child.kill('SIGKILL'), FORCE_MS);
  }

  send(message: unknown): void {
    if (this.#child?.connected) this.#child.send(message as object, () => {});
  }

  #start(): void {
    this.#startedAt = performance.now();
    // An inherited descriptor keeps its number.
    const descriptors = Array.from({ length: 3 + this.#host.inherited }, (_, fd) => fd);
    const cwd = workingDirectory();
    const words = [...ownExecArgv(), BIN, 'start', ...this.#host.words(this.name)];
    const child = spawn(process.execPath, words, {
      stdio: [...descriptors, 'ipc'],
      // By its name: the release in which this process was started may be gone.
      cwd,
      env: { ...process.env, PWD: cwd, [PARENT_VARIABLE]: String(process.pid) },
    });
    this.#child = child;
    child.on('message', (message, handle) => {
      // A socket or server is for one process, and nothing says for which.
      (handle as { close?(): void; destroy?(): void } | undefined)?.destroy?.();
      if (message !== 'ready') this.#host.onMessage(message);
      else if (this.#state === 'starting') this.#onReady(child);
    });
    onProgramMessage(child, (message) => {
      if (message.does === 'reloaded') this.#reloadsAreOver();
    });
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      this.#host.onError(error);
      this.#onExit(FAILED, null);
    });
    child.once('exit', (code, signal) => this.#onExit(code, signal));
    this.#setState('starting');
  }

  #onReady(child: ChildProcess): void {
    this.#setState('ready');
    if (this.#onReloaded.size > 0) child.kill('SIGHUP');
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = null;
    clearTimeout(this.#timer);
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
