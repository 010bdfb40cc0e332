/**
 * Several programs, each a process of its own: which there are to be, and what becomes of all when one is over. What
 * is one of them is in program-process.ts.
 */

import type { StopSignal } from '../../supervisor/types.js';
import { ProgramProcess, type ProgramState } from './program-process.js';

export interface ProgramsOptions {
  names: readonly string[];
  failTogether: boolean;
  words(name: string): string[];
  inherited: number;
  /** Whether they are to tell their metrics. */
  collects: boolean;
}

export interface ProgramsHost {
  onState(program: ProgramProcess): void;
  onLost(program: ProgramProcess, signal: NodeJS.Signals, delayMs: number): void;
  onMessage(message: unknown): void;
  /** One of them has begun to stop: how long that takes at most, null while it is delayed. */
  onStop(program: ProgramProcess, withinMs: number | null): void;
  onError(error: Error): void;
  /** All of them are about to stop; once. */
  onStopping(): void;
  /** Each is ready or over, and one at least is ready; once. */
  onStarted(): void;
  /** With the exit code. */
  onEnd(code: number): void;
}

export class Programs {
  readonly #options: ProgramsOptions;
  readonly #host: ProgramsHost;
  readonly #programs = new Map<string, ProgramProcess>();
  /** Those that are no longer wanted, until they are over. */
  readonly #leaving = new Set<ProgramProcess>();
  #isStarted = false;
  #isStopping = false;
  #failTogether: boolean;
  /** Of the first that has failed. */
  #failedCode: number | null = null;
  #reloading: Promise<void> | null = null;

  constructor(options: ProgramsOptions, host: ProgramsHost) {
    this.#options = options;
    this.#host = host;
    this.#failTogether = options.failTogether;
  }

  get pids(): Set<number> {
    return new Set(this.#all.map(({ pid }) => pid).filter((pid) => pid !== null));
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Whether the delay of the stop is not over in one of them, so that a request may be new. */
  get isLeaving(): boolean {
    return this.#all.some(({ isLeaving }) => isLeaving);
  }

  /** Those that there are to be, without those that have ended in order. */
  get wanted(): ProgramProcess[] {
    return [...this.#programs.values()].filter(({ state }) => state !== 'ended');
  }

  get names(): string[] {
    return [...this.#programs.keys()];
  }

  /** How many there are to be, and how many of them are ready. */
  get counts(): { ready: number; all: number } {
    const states = [...this.#programs.values()].map(({ state }) => state);
    return { ready: states.filter((state) => state === 'ready').length, all: states.length };
  }

  start(): void {
    for (const name of this.#options.names) this.#add(name);
  }

  /** Programs that are new, or over, start; the others reload; those that are not in `names` end. */
  async reload(names: readonly string[], failTogether: boolean): Promise<void> {
    // One that is under way has perhaps not read what is to be read now.
    await this.#reloading;
    if (this.#isStopping) return;
    this.#failTogether = failTogether;
    this.#failedCode = null;
    for (const [name, program] of this.#programs) {
      if (!names.includes(name)) this.#remove(program);
    }
    const kept = names.map((name) => this.#programs.get(name)).filter((one) => one !== undefined);
    const reloads = kept.filter(({ isOver }) => !isOver).map((program) => program.reload());
    for (const program of kept) this.#begin(program);
    for (const name of names) if (!this.#programs.has(name)) this.#add(name);
    this.#reloading = Promise.all(reloads).then(() => {});
    await this.#reloading;
  }

  stop(signal: StopSignal = 'SIGTERM'): void {
    if (!this.#isStopping) this.#host.onStopping();
    this.#isStopping = true;
    for (const program of this.#all) program.stop(signal);
    this.#look();
  }

  /** The delays of a stop are over. */
  hurry(signal: StopSignal): void {
    for (const program of this.#all) program.hurry(signal);
  }

  /** All at once. */
  force(code: number): void {
    for (const program of this.#all) program.force(code);
  }

  send(message: unknown): void {
    for (const program of this.#programs.values()) program.send(message);
  }

  get #all(): ProgramProcess[] {
    return [...this.#programs.values(), ...this.#leaving];
  }

  #add(name: string): void {
    const program = new ProgramProcess(name, {
      words: this.#options.words,
      inherited: this.#options.inherited,
      collects: this.#options.collects,
      onState: (one) => this.#onState(one),
      onLost: this.#host.onLost,
      onMessage: this.#host.onMessage,
      onStop: this.#host.onStop,
      onError: this.#host.onError,
    });
    this.#programs.set(name, program);
    this.#begin(program);
  }

  /** Not beside a process of that name that is about to end: it may have the same ports and the same control socket. */
  #begin(program: ProgramProcess): void {
    if ([...this.#leaving].some(({ name }) => name === program.name)) return;
    program.start();
  }

  #remove(program: ProgramProcess): void {
    this.#programs.delete(program.name);
    this.#leaving.add(program);
    program.stop('SIGTERM');
  }

  #onState(program: ProgramProcess): void {
    this.#host.onState(program);
    if (program.isOver && this.#leaving.delete(program)) {
      const next = this.#programs.get(program.name);
      if (next !== undefined && !this.#isStopping) this.#begin(next);
    }
    if (program.state === 'failed' && !this.#isStopping) {
      this.#failedCode ??= program.code;
      if (this.#failTogether) return this.stop();
    }
    this.#look();
  }

  #look(): void {
    const states: ProgramState[] = this.#all.map(({ state }) => state);
    const isOver = (state: ProgramState): boolean => state === 'ended' || state === 'failed';
    // Not while the first ones are started.
    const areAllThere = this.#programs.size >= (this.#isStarted ? 0 : this.#options.names.length);
    if (areAllThere && states.every(isOver)) return this.#host.onEnd(this.#endCode());
    if (this.#isStarted || this.#isStopping || !areAllThere) return;
    const isSettled = states.every((state) => state === 'ready' || isOver(state));
    if (!isSettled || !states.includes('ready')) return;
    this.#isStarted = true;
    this.#host.onStarted();
  }

  #endCode(): number {
    return this.#failedCode ?? this.#all.find(({ code }) => code !== 0)?.code ?? 0;
  }
}
