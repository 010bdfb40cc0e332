/**
 * The agent: one helper process beside the workers, for work that is to be done once and not by each of
 * them. Ready before any worker starts, and started anew when it fails.
 */

import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withheldFrom } from './env-files.js';
import type { ValidSupervisorOptions } from './options.js';
import { workingDirectory } from './program.js';
import { RestartPolicy } from './restart-policy.js';
import type { WorkerInfo } from './types.js';

const PRELOAD = fileURLToPath(new URL('agent-process.js', import.meta.url));

export interface AgentHost {
  onReady(pid: number): void;
  onExited(code: number | null, signal: NodeJS.Signals | null): void;
  /** It was ready once, failed too often, and is not started again. */
  onStopped(error: Error): void;
}

/** What the agent is told, as an ordinary message, of each worker that comes or goes. */
export interface AgentMessage {
  event: 'rondo:worker';
  worker: WorkerInfo;
}

export class Agent {
  readonly #file: string;
  readonly #options: ValidSupervisorOptions;
  readonly #host: AgentHost;
  readonly #policy: RestartPolicy;
  #child: ChildProcess | null = null;
  #isReady = false;
  #wasReady = false;
  #isStopping = false;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string, options: ValidSupervisorOptions, host: AgentHost) {
    this.#file = path.resolve(file);
    this.#options = options;
    this.#host = host;
    this.#policy = new RestartPolicy(options);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves when it is ready for the first time, rejects if it is not to be had. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => this.#start(resolve, reject));
  }

  tell(message: AgentMessage): void {
    if (this.#child?.connected === true) this.#child.send(message, () => {});
  }

  /** SIGTERM, and after the kill timeout SIGKILL. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null) return;
    const exited = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#options.killTimeoutMs);
    await exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.#child?.kill('SIGKILL');
  }

  #start(onFirstReady: () => void, onNever: (error: Error) => void): void {
    const { env, startTimeoutMs } = this.#options;
    const child = fork(this.#file, {
      // By its name, as the file is: the release in which it was started may be gone.
      cwd: workingDirectory(),
      env: { ...process.env, ...withheldFrom(process.execArgv), ...env },
      execArgv: [...process.execArgv, '--require', PRELOAD],
    });
    this.#child = child;
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
    child.on('message', (message) => {
      if (message !== 'ready' || this.#isReady) return;
      clearTimeout(this.#timer);
      this.#isReady = true;
      this.#wasReady = true;
      this.#host.onReady(child.pid as number);
      onFirstReady();
    });
    child.on('error', (error) => {
      // A living one may emit 'error' too, when it could not be sent a message.
      if (child.pid === undefined)
        this.#onGone(
          null,
          null,
          onFirstReady,
          onNever,
          `it could not be started: ${error.message}`,
        );
    });
    child.once('exit', (code, signal) => {
      const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
      this.#onGone(code, signal, onFirstReady, onNever, `it ${how}`);
    });
  }

  #onGone(
    code: number | null,
    signal: NodeJS.Signals | null,
    onFirstReady: () => void,
    onNever: (error: Error) => void,
    why: string,
  ): void {
    clearTimeout(this.#timer);
    this.#child = null;
    this.#isReady = false;
    this.#host.onExited(code, signal);
    if (this.#isStopping) return onNever(new Error('The agent was stopped'));
    const delayMs = this.#policy.next(performance.now(), performance.now() - this.#startedAt);
    if (delayMs === null) {
      const error = new Error(`The agent ${this.#file} failed: ${why}`);
      // Of a start that fails its promise tells.
      if (this.#wasReady) this.#host.onStopped(error);
      return onNever(error);
    }
    this.#timer = setTimeout(() => this.#start(onFirstReady, onNever), delayMs);
  }
}
