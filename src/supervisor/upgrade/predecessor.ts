/**
 * The old process, as the new one sees it: what it has given, and what it says. The variable that names it is
 * removed when this file is loaded, so that no child of this process takes itself for the new one.
 *
 *   waiting ──sayReady()──▶ ready ──go, or its end──▶ taking ──sayTaken(), left, or its end──▶ over
 *      └── its end: called off          └── failed: it has everything still
 *
 * Called off or failed, this process gives back what it has accepted, if the old one serves on.
 */

import { closeSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { RondoError } from '../../errors.js';
import { before } from '../../hidden-listeners.js';
import { loadNative } from '../../native/index.js';
import { VERSION } from '../../version.js';
import { deferred } from '../deferred.js';
import { dieWithParent, outliveParent } from '../lifeline.js';
import { LastOutput } from '../worker/last-output.js';
import { Arriving, type ArrivingHost } from './arriving.js';
import { readFirst } from './first-message.js';
import type { Way } from './passing-on.js';
import {
  CHANNEL_FD,
  encode,
  type Go,
  type IdleMessage,
  LATE_FD,
  Lines,
  type Manifest,
  type ToNew,
  type ToOld,
  UPGRADE_VARIABLE,
  UPGRADE_VERSION,
} from './protocol.js';

/** Longer than the old one takes for sending them. */
const FDS_MS = 10_000;
const LOOK_MS = 5;
/** For the old one to say whether it serves on. */
const ANSWER_MS = 1_000;

const variable = process.env[UPGRADE_VARIABLE];
delete process.env[UPGRADE_VARIABLE];

let found: Predecessor | null | undefined;

/**
 * Once, for one alone can take its place; then null, as in a process that was started by no other's upgrade. Throws
 * if what it was given is not understood.
 */
export function predecessor(): Predecessor | null {
  if (found !== undefined) return null;
  found = find();
  return found;
}

function find(): Predecessor | null {
  const [version, pid] = (variable ?? '').split(':').map(Number);
  // A child of the new process that was started before this file was loaded has another parent.
  if (version === undefined || pid !== process.ppid || !isMainThread) return null;
  return new Predecessor(version);
}

export class Predecessor implements Way {
  readonly manifest: Manifest;
  /** Its half of the channel has ended by then. */
  readonly isConfirmed = false;
  readonly #channel: Socket | undefined;
  readonly #going = deferred();
  readonly #left = deferred();
  readonly #calledOff = deferred();
  readonly #servesOn = deferred<boolean>();
  #go: Go = { type: 'go', changed: {}, renewed: [] };
  #state: 'waiting' | 'ready' | 'taking' | 'over' | 'failed' = 'waiting';
  #uncaught = '';
  #arriving: Arriving | null = null;
  #isEnded = false;
  #stopWatching: Array<() => void> = [];

  constructor(version: number) {
    // Whatever it is stuck in.
    dieWithParent();
    const lines = new Lines();
    const first = readFirst(lines);
    this.#check(version, first);
    this.manifest = first as Manifest;
    const output = new LastOutput();
    const onUncaught = (error: unknown): void => {
      this.#uncaught = String((error as Error)?.stack ?? error);
    };
    this.#stopWatching = [
      () => output.stop(),
      before(process, 'uncaughtExceptionMonitor', onUncaught),
      before(process, 'exit', (code: number) => {
        this.sayFailed(`it ended with code ${code}`, this.#uncaught || (output.take() ?? ''));
      }),
    ];
    // Half open: what it says last is read when the old one has ended its half.
    const channel = new Socket({ fd: CHANNEL_FD, allowHalfOpen: true });
    this.#channel = channel;
    channel.setEncoding('utf8').on('data', (text: string) => {
      for (const message of lines.add(text)) this.#onMessage(message as ToNew);
    });
    channel.on('error', () => this.#onEnd());
    channel.once('end', () => this.#onEnd());
    channel.unref();
    this.#say({ type: 'hello', rondo: VERSION, node: process.versions.node });
  }

  /** Resolves when the old one wants it no more, or is gone, before it was ready. */
  get whenCalledOff(): Promise<void> {
    return this.#calledOff.promise;
  }

  /** Resolves when this process is to take everything over. Rejects when it is called off. */
  async sayReady(): Promise<Go> {
    if (this.#state === 'waiting') {
      this.#state = 'ready';
      // It may end now, without an end of this one.
      outliveParent();
      this.#say({ type: 'ready' });
    }
    await this.#going.promise;
    return this.#go;
  }

  /** Another fd for each of `go.renewed`, in its order. */
  async receiveFds(count: number): Promise<number[]> {
    const native = loadNative();
    const fds: number[] = [];
    const end = performance.now() + FDS_MS;
    while (fds.length < count && performance.now() < end && !(native instanceof Error)) {
      const received = native.receiveFds(LATE_FD, 1, new Uint8Array(1));
      if (typeof received !== 'number' && received.bytes > 0) fds.push(...received.fds);
      else if (typeof received !== 'number') break;
      else await delay(LOOK_MS);
    }
    return fds;
  }

  /** Resolves when the old one has left. With `takesIdle`, `receiveIdle()` is to follow. */
  async sayTaken(takesIdle: boolean): Promise<void> {
    if (this.#state === 'taking') {
      this.#state = 'over';
      this.#say({ type: 'taken', takesIdle });
    }
    await this.#left.promise;
    this.#stop();
    if (takesIdle) return;
    this.#channel?.destroy();
    closeSync(LATE_FD);
  }

  /** Connections that nobody there serves any more. Resolves when none comes any more: it has ended. */
  receiveIdle(host: Pick<ArrivingHost, 'passing' | 'listenerAt'>): Promise<void> {
    const { promise, resolve } = deferred();
    this.#arriving = new Arriving(LATE_FD, {
      ...host,
      onGot: (count) => this.#say({ type: 'got', count }),
      onClosed: resolve,
    });
    if (this.#isEnded) this.#arriving.end();
    else this.#arriving.read();
    return promise;
  }

  /** After `sayFailed()`, or when it has called off: whether it has back what this process has accepted. */
  whenServesOn(): Promise<boolean> {
    const late = delay(ANSWER_MS, false, { ref: false });
    return Promise.race([this.#servesOn.promise, late]);
  }

  /** A connection, which stays the caller's. As `sendFds()` of the addon. */
  sendIdle(fd: number, message: IdleMessage): number {
    const native = loadNative();
    if (native instanceof Error) return -constants.errno.EPIPE;
    return native.sendFds(LATE_FD, [fd], Buffer.from(JSON.stringify(message)));
  }

  sayIdle(): void {
    this.#say({ type: 'idle' });
  }

  /** Once; for nothing after `sayTaken()`. */
  sayFailed(message: string, lastOutput: string): void {
    if (this.#state === 'over' || this.#state === 'failed') return;
    this.#state = 'failed';
    this.#say({ type: 'failed', message, lastOutput });
    this.#stop();
  }

  #onMessage(message: ToNew): void {
    if (message.type === 'go' && this.#state === 'ready') {
      this.#go = message;
      this.#take();
    } else if (message.type === 'left') {
      this.#left.resolve();
    } else if (message.type === 'idle') {
      this.#arriving?.read();
    } else if (message.type === 'serves-on') {
      this.#servesOn.resolve(true);
    }
  }

  #take(): void {
    this.#state = 'taking';
    this.#going.resolve();
  }

  /** Of one that is gone after `ready` everything is this process's. */
  #onEnd(): void {
    this.#isEnded = true;
    this.#left.resolve();
    this.#servesOn.resolve(false);
    if (this.#arriving !== null) {
      this.#arriving.end();
      this.#channel?.destroy();
    }
    if (this.#state === 'ready') return this.#take();
    if (this.#state !== 'waiting' && this.#state !== 'failed') return;
    this.#say({ type: 'stopping' });
    this.#state = 'failed';
    this.#going.reject(new RondoError('ERR_RONDO_UPGRADE_FAILED', 'The upgrade was called off'));
    this.#calledOff.resolve();
  }

  /** At once, for this process may be about to end. */
  #say(message: ToOld): void {
    // Its number may be another file's.
    if (this.#channel?.destroyed === true) return;
    try {
      writeSync(CHANNEL_FD, encode(message));
    } catch {
      // It is gone.
    }
  }

  #stop(): void {
    for (const stop of this.#stopWatching.splice(0)) stop();
  }

  #check(version: number, first: { type: string }): void {
    if (version === UPGRADE_VERSION && first.type === 'manifest') return;
    const text = `This rondo understands version ${UPGRADE_VERSION} of an upgrade, and not ${version}`;
    this.sayFailed(text, '');
    throw new RondoError('ERR_RONDO_UPGRADE_FAILED', text);
  }
}
