/**
 * The new process, as the old one sees it: its start with the sockets, what it says, and its end.
 *
 *   starting ──ready──▶ ready ──taken──▶ over
 *       └───────────────┴──▶ failed: it said so, ended, or took too long
 */

import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { type Duplex, PassThrough } from 'node:stream';
import { RondoError, systemError } from '../../errors.js';
import { loadNative } from '../../native/index.js';
import { deferred } from '../deferred.js';
import { Arriving, type ArrivingHost } from './arriving.js';
import type { Command } from './command.js';
import type { Way } from './passing-on.js';
import {
  CHANNEL_FD,
  encode,
  type IdleMessage,
  Lines,
  type Manifest,
  type ToNew,
  type ToOld,
  UPGRADE_VARIABLE,
  UPGRADE_VERSION,
} from './protocol.js';

/** How long it has to take over what it was told to. */
const TAKE_MS = 5_000;
/** And to say that it ends by itself, when it was called off. */
const ANSWER_MS = 2_000;

export interface SuccessorOptions {
  command: Command;
  /** Its descriptors from 5 on; they are borrowed. */
  fds: readonly number[];
  timeoutMs: number;
  /** How long it may take to end in order. */
  endMs: number;
}

export class Successor implements Way {
  readonly isConfirmed = true;
  readonly pid: number;
  rondo = '';
  node = '';
  /** Whether connections can be passed to it. Known when it has taken everything. */
  takesIdle = false;
  /** So many of them have come. */
  onGot: (count: number) => void = () => {};
  /** Nothing can be said to it any more. */
  onGone: () => void = () => {};
  readonly #child: ChildProcess;
  readonly #channel: Duplex;
  readonly #endMs: number;
  readonly #ready = deferred();
  readonly #taken = deferred();
  readonly #exited = deferred();
  #state: 'starting' | 'ready' | 'over' | 'failed' = 'starting';
  #timer: NodeJS.Timeout | undefined;
  /** The end of a pair of sockets for fds; -1 without the addon. */
  #lateFd = -1;
  #arriving: Arriving | null = null;

  /** Throws a system error where it cannot be started. */
  constructor({ command, fds, timeoutMs, endMs }: SuccessorOptions) {
    this.#endMs = endMs;
    const { file, argv0, args, cwd, env } = command;
    const [own, its] = openPair();
    this.#lateFd = own;
    try {
      this.#child = spawn(file, args, {
        argv0,
        cwd,
        env: { ...env, [UPGRADE_VARIABLE]: `${UPGRADE_VERSION}:${process.pid}` },
        stdio: ['inherit', 'inherit', 'inherit', 'pipe', its < 0 ? 'ignore' : its, ...fds],
      });
    } catch (error) {
      this.#closeLate();
      throw error;
    } finally {
      closeFd(its);
    }
    this.pid = this.#child.pid ?? 0;
    this.#child.once('error', (error) => this.#fail(`it cannot be started: ${error.message}`));
    // Node makes no streams where a descriptor is missing for them (EMFILE); 'error' says so.
    const { stdio } = this.#child as { stdio?: ChildProcess['stdio'] };
    this.#channel = (stdio?.[CHANNEL_FD] ?? new PassThrough().end()) as Duplex;
    this.#child.once('exit', (code, signal) => this.#onExit(code, signal));
    const lines = new Lines();
    this.#channel.setEncoding('utf8').on('data', (text: string) => {
      for (const message of lines.add(text)) this.#onMessage(message as ToOld);
    });
    // Its end is told by 'exit'.
    this.#channel.on('error', () => {});
    this.#channel.once('close', () => this.onGone());
    this.#timer = setTimeout(
      () => this.#fail(`it was not ready within ${timeoutMs} ms`),
      timeoutMs,
    );
  }

  /** Resolves when its workers are well. Rejects with `ERR_RONDO_UPGRADE_FAILED`, as `taken` does. */
  get whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  get isFailed(): boolean {
    return this.#state === 'failed';
  }

  send(message: ToNew): void {
    if (this.#channel.writable) this.#channel.write(encode(message));
  }

  give(manifest: Manifest): void {
    this.send(manifest);
  }

  /** It becomes the owner of what has one. Resolves when it has said that it is. */
  go(message: ToNew, fds: readonly number[]): Promise<void> {
    this.#timer = setTimeout(
      () => this.#fail(`it took nothing over within ${TAKE_MS} ms`),
      TAKE_MS,
    );
    const native = loadNative();
    for (const fd of fds) {
      if (native instanceof Error) break;
      const sent = native.sendFds(this.#lateFd, [fd], Buffer.from('.'));
      if (sent < 0) this.#fail(systemError(sent, 'sendmsg').message);
    }
    this.send(message);
    return this.#taken.promise;
  }

  /** Nothing of it keeps this process any more. */
  release(): void {
    this.send({ type: 'left' });
    (this.#channel as Partial<Socket>).unref?.();
    this.#child.unref();
  }

  /** A connection, which stays the caller's. As `sendFds()` of the addon. */
  sendIdle(fd: number, message: IdleMessage): number {
    const native = loadNative();
    if (native instanceof Error || this.#lateFd < 0) return -constants.errno.EPIPE;
    return native.sendFds(this.#lateFd, [fd], Buffer.from(JSON.stringify(message)));
  }

  sayIdle(): void {
    this.send({ type: 'idle' });
  }

  /** Nothing more is said to it. */
  end(): void {
    this.#channel.end();
    this.#closeLate();
  }

  /**
   * Calls it off. Resolves when it is gone, by itself or killed, and its workers with it. With `back` this process
   * serves on, and has the connections that the other one has accepted.
   */
  async abort(
    why: string,
    back: Pick<ArrivingHost, 'passing' | 'listenerAt'> | null,
  ): Promise<void> {
    if (this.#state === 'over') return;
    this.#fail(why);
    if (this.pid === 0) return this.#closeLate();
    const hasAll = back === null || this.#lateFd < 0 ? null : this.#takeBack(back);
    this.#channel.end();
    const kill = (): boolean => this.#child.kill('SIGKILL');
    let timer = setTimeout(kill, ANSWER_MS);
    this.#onStopping = () => {
      clearTimeout(timer);
      timer = setTimeout(kill, this.#endMs);
    };
    await this.#exited.promise;
    clearTimeout(timer);
    this.#arriving?.end();
    await hasAll;
    this.#closeLate();
  }

  /** Resolves after the end of what comes. */
  #takeBack(host: Pick<ArrivingHost, 'passing' | 'listenerAt'>): Promise<void> {
    const { promise, resolve } = deferred();
    this.#arriving = new Arriving(this.#lateFd, { ...host, onGot: () => {}, onClosed: resolve });
    this.#lateFd = -1;
    this.send({ type: 'serves-on' });
    return promise;
  }

  kill(): void {
    if (this.#state !== 'over') this.#child.kill('SIGKILL');
  }

  #onStopping: () => void = () => {};

  #onMessage(message: ToOld): void {
    switch (message.type) {
      case 'hello':
        this.rondo = String(message.rondo);
        this.node = String(message.node);
        break;
      case 'ready':
        if (this.#state !== 'starting') break;
        this.#state = 'ready';
        clearTimeout(this.#timer);
        this.#ready.resolve();
        break;
      case 'taken':
        if (this.#state !== 'ready') break;
        this.#state = 'over';
        this.takesIdle = message.takesIdle === true;
        clearTimeout(this.#timer);
        this.#taken.resolve();
        break;
      case 'got':
        this.onGot(Number(message.count));
        break;
      case 'idle':
        this.#arriving?.read();
        break;
      case 'failed':
        this.#fail(String(message.message), String(message.lastOutput));
        break;
      case 'stopping':
        this.#onStopping();
        break;
    }
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#exited.resolve();
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    this.#fail(`it ${how}`);
  }

  #fail(why: string, lastOutput = ''): void {
    if (this.#state === 'over' || this.#state === 'failed') return;
    this.#state = 'failed';
    clearTimeout(this.#timer);
    const output = lastOutput === '' ? '' : `\n${lastOutput.trimEnd()}`;
    const who = this.pid === 0 ? 'The new process' : `The new process ${this.pid}`;
    const error = new RondoError('ERR_RONDO_UPGRADE_FAILED', `${who}: ${why}${output}`, {
      lastOutput,
    });
    this.#ready.reject(error);
    this.#taken.reject(error);
  }

  #closeLate(): void {
    closeFd(this.#lateFd);
    this.#lateFd = -1;
  }
}

function openPair(): [number, number] {
  const native = loadNative();
  if (native instanceof Error) return [-1, -1];
  const pair = native.socketpair();
  if (typeof pair === 'number') throw systemError(pair, 'socketpair');
  return pair;
}

function closeFd(fd: number): void {
  const native = loadNative();
  if (fd >= 0 && !(native instanceof Error)) native.closeFd(fd);
}
