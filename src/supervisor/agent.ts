/**
 * The agent: one helper process beside the workers, for work that is to be done once and not by each of
 * them. Ready before any worker starts, and started anew when it fails.
 *
 *   starting ──▶ ready        exited ──▶ waiting ──▶ starting, or ──▶ stopped
 *       └──────────┴─────────────▲                       stop(), kill(): ▶ stopped, from anywhere
 */

import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { familyEnvironment } from '../family.js';
import { ownFile } from '../own-files.js';
import { withheldFrom } from './env-files.js';
import type { ValidSupervisorOptions } from './options.js';
import { workingDirectory } from './program.js';
import { RestartPolicy } from './restart-policy.js';
import type { WorkerInfo } from './types.js';
import { variablesFor } from './variables.js';

export interface AgentHost {
  onReady(pid: number): void;
  onExited(code: number | null, signal: NodeJS.Signals | null): void;
  /** It was ready once, failed too often, and is not started again. */
  onStopped(error: Error): void;
  /** As they are by now: what is read again is its next process's, too. */
  options(): ValidSupervisorOptions;
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
  #state: 'starting' | 'ready' | 'waiting' | 'stopped' = 'starting';
  #child: ChildProcess | null = null;
  #wasReady = false;
  /** Of the process at the moment; null until it is ready. */
  #readyAt: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Of the promise of `start()`. */
  #onFirstReady: () => void = () => {};
  #onNever: (error: Error) => void = () => {};

  constructor(file: string, options: ValidSupervisorOptions, host: AgentHost) {
    this.#file = path.resolve(file);
    this.#options = options;
    this.#host = host;
    this.#policy = new RestartPolicy(options);
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves when it is ready for the first time; rejects if it does not become so or is stopped. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onFirstReady = resolve;
      this.#onNever = reject;
      this.#start();
    });
  }

  tell(message: AgentMessage): void {
    if (this.#child?.connected === true) this.#child.send(message, () => {});
  }

  /** SIGTERM, and after the kill timeout SIGKILL. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#setStopped();
    const child = this.#child;
    if (child === null) return;
    const exited = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#options.killTimeoutMs);
    await exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#setStopped();
    this.#child?.kill('SIGKILL');
  }

  #setStopped(): void {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
    this.#onNever(new Error('The agent was stopped'));
  }

  #start(): void {
    this.#state = 'starting';
    this.#readyAt = null;
    try {
      this.#fork();
    } catch (error) {
      // Out of file descriptors, for instance, which may pass.
      this.#onGone(`it could not be started: ${(error as Error).message}`);
    }
  }

  #fork(): void {
    const { startTimeoutMs } = this.#options;
    const { env, envFile, fileEnv, agentArgv } = this.#host.options();
    const withheld = withheldFrom(process.execArgv, envFile);
    const child = fork(this.#file, {
      // By its name, as the file is: the release in which it was started may be gone.
      cwd: workingDirectory(),
      env: {
        ...process.env,
        ...withheld,
        ...variablesFor(fileEnv, withheld),
        ...env,
        ...familyEnvironment('agent', null),
      },
      execArgv: [...agentArgv, '--require', ownFile('supervisor/agent-process.cjs', 'The agent')],
    });
    this.#child = child;
    let isLate = false;
    this.#timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, startTimeoutMs);
    child.on('message', (message) => {
      if (message === 'ready' && this.#state === 'starting') this.#onReady(child.pid as number);
    });
    child.on('error', (error) => {
      // A living one may emit 'error' too, when it could not be sent a message.
      if (child.pid !== undefined) return;
      this.#host.onExited(null, null);
      this.#onGone(`it could not be started: ${error.message}`);
    });
    child.once('exit', (code, signal) => {
      this.#host.onExited(code, signal);
      const how = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
      this.#onGone(isLate ? `it was not ready within ${startTimeoutMs} ms` : how);
    });
  }

  #onReady(pid: number): void {
    clearTimeout(this.#timer);
    this.#state = 'ready';
    this.#readyAt = performance.now();
    this.#wasReady = true;
    this.#host.onReady(pid);
    this.#onFirstReady();
  }

  #onGone(why: string): void {
    this.#child = null;
    if (this.#state === 'stopped') return;
    clearTimeout(this.#timer);
    const now = performance.now();
    const delayMs = this.#policy.next(now, this.#readyAt === null ? null : now - this.#readyAt);
    if (delayMs === null) return this.#giveUp(why);
    this.#state = 'waiting';
    this.#timer = setTimeout(() => this.#start(), delayMs);
  }

  #giveUp(why: string): void {
    this.#state = 'stopped';
    const error = new Error(`The agent ${this.#file} failed: ${why}`);
    // Of a start that fails its promise tells.
    if (this.#wasReady) this.#host.onStopped(error);
    this.#onNever(error);
  }
}
