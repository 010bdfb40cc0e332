/**
 * The way to one other member: a queue of its own, and a connection on demand. A socket is given one batch at a time, so
 * that what waits can still be dropped; a reader that takes nothing holds up this queue alone.
 *
 *   idle ──send──▶ connecting ──▶ open ──idleMs──▶ closing ──▶ idle
 *                      ▲           │ broken
 *                      └───────────┘             refused, close(): ▶ gone, from anywhere
 *
 * The next connection begins when the other end has read the last one to its end ('closing'), so order is kept.
 */

import { connect, type Socket } from 'node:net';
import { markOwn } from '../own-sockets.js';
import type { Counters } from './counters.js';
import type { ValidHubOptions } from './options.js';
import { type Entry, type Outcome, Queue } from './queue.js';

/** What a socket is given at a time; a larger message goes alone. */
const BATCH_BYTES = 64 * 1024;

/** Until the next try, after a connection broke, or where a listening socket has no room for one more. */
const RETRY_MS = 20;

export interface LinkHost {
  /** What every connection begins with. */
  readonly opening: Buffer;
  readonly counters: Counters;
  options(): ValidHubOptions;
}

type State = 'idle' | 'connecting' | 'open' | 'closing' | 'gone';

export class Link {
  readonly #address: string;
  readonly #host: LinkHost;
  readonly #onRefused: () => void;
  readonly #queue = new Queue();
  #state: State = 'idle';
  #socket: Socket | null = null;
  #inFlight: readonly Entry[] = [];
  #isFlushDue = false;
  #lastUsedAt = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  /** Answers are awaited: it stays open, so that the end of the other is noticed. */
  #awaited = 0;
  #onDrained: Array<() => void> = [];

  /** `onRefused`: nobody listens at the address any more. */
  constructor(address: string, host: LinkHost, onRefused: () => void) {
    this.#address = address;
    this.#host = host;
    this.#onRefused = onRefused;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** What waits and what is under way. */
  get queued(): number {
    return this.#queue.length + this.#inFlight.length;
  }

  get queuedBytes(): number {
    let bytes = this.#queue.bytes;
    for (const { frame } of this.#inFlight) bytes += frame.length;
    return bytes;
  }

  send(frame: Buffer, settle: Entry['settle'] = null): void {
    const entry: Entry = { frame, settle };
    if (this.#state === 'gone') return this.#drop(entry, 'gone');
    const { maxQueued, maxQueuedBytes, overflow } = this.#host.options();
    while (
      this.#queue.length >= maxQueued ||
      (this.#queue.length > 0 && this.#queue.bytes + frame.length > maxQueuedBytes)
    ) {
      if (overflow !== 'drop-oldest') {
        return this.#drop(entry, overflow === 'reject' ? 'rejected' : 'dropped');
      }
      this.#drop(this.#queue.shift() as Entry, 'dropped');
    }
    this.#queue.push(entry);
    // All of a tick in one write, unless it is a long one.
    if (this.#queue.bytes >= BATCH_BYTES) this.#flush();
    else if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      process.nextTick(() => {
        this.#isFlushDue = false;
        this.#flush();
      });
    }
  }

  /** An answer is awaited from there. Returns what ends that. */
  await(): () => void {
    this.#awaited++;
    return () => {
      this.#awaited--;
    };
  }

  /** Resolves when nothing waits. */
  drained(): Promise<void> {
    if (this.queued === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  /** The other is gone, or this one leaves. */
  close(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    clearTimeout(this.#idleTimer);
    const lost = this.#inFlight;
    this.#inFlight = [];
    const { counters } = this.#host;
    counters.dropped += lost.length;
    for (const { settle } of lost) settle?.('lost');
    for (const entry of this.#queue.takeAll()) this.#drop(entry, 'gone');
    // What the kernel has taken is still read by a reader that lives; what it has not keeps nothing running.
    this.#socket?.destroy();
    this.#checkDrained();
  }

  #drop({ settle }: Entry, outcome: Outcome): void {
    this.#host.counters.dropped++;
    settle?.(outcome);
  }

  #flush(): void {
    if (this.#state === 'idle' && this.#queue.length > 0) this.#connect();
    if (this.#state !== 'open') return;
    const socket = this.#socket as Socket;
    while (this.#inFlight.length === 0 && this.#queue.length > 0) {
      const batch = this.#queue.take(BATCH_BYTES);
      const [first] = batch as [Entry];
      this.#inFlight = batch;
      const isOne = batch.length === 1;
      socket.write(isOne ? first.frame : Buffer.concat(batch.map(({ frame }) => frame)));
      // The kernel has all of it, or 'drain' says when.
      if (socket.writableLength > 0) return;
      this.#setSent();
    }
  }

  #setSent(): void {
    const batch = this.#inFlight;
    this.#inFlight = [];
    this.#lastUsedAt = performance.now();
    this.#host.counters.sent += batch.length;
    for (const { settle } of batch) settle?.('sent');
    if (this.#onDrained.length > 0) this.#checkDrained();
  }

  #connect(): void {
    this.#state = 'connecting';
    // Of the stream below, so that 'drain' follows each write that the kernel has not taken at once.
    const options = { path: this.#address, writableHighWaterMark: 0 };
    const socket = markOwn(connect(options));
    this.#socket = socket;
    socket.unref();
    let failure: string | undefined;
    socket.once('connect', () => {
      if (this.#state !== 'connecting') return;
      socket.write(this.#host.opening);
      this.#state = 'open';
      this.#lastUsedAt = performance.now();
      this.#watchIdle();
      this.#flush();
    });
    socket.on('drain', () => {
      if (this.#inFlight.length > 0) this.#setSent();
      this.#flush();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code;
    });
    socket.once('close', () => this.#onClose(failure));
    // Nothing is said here in this direction, but its end.
    socket.resume();
  }

  #onClose(failure: string | undefined): void {
    this.#socket = null;
    clearTimeout(this.#idleTimer);
    if (this.#state === 'gone') return;
    const wasConnecting = this.#state === 'connecting';
    const wasOpen = this.#state === 'open';
    this.#state = 'idle';
    const lost = this.#inFlight;
    this.#inFlight = [];
    this.#host.counters.dropped += lost.length;
    for (const { settle } of lost) settle?.('lost');
    if (wasConnecting && (failure === 'ECONNREFUSED' || failure === 'ENOENT')) {
      this.close();
      this.#onRefused();
    } else if (wasConnecting || wasOpen) {
      // Broken: whether the other is still there is told by another connection.
      this.#connectLater();
    } else {
      this.#flush();
    }
  }

  #connectLater(): void {
    this.#state = 'connecting';
    this.#idleTimer = setTimeout(() => {
      if (this.#state === 'connecting') this.#connect();
    }, RETRY_MS).unref();
  }

  #watchIdle(): void {
    const { idleMs } = this.#host.options();
    const restMs = performance.now() - this.#lastUsedAt;
    this.#idleTimer = setTimeout(
      () => this.#checkIdle(),
      Math.max(1, Math.ceil(idleMs - restMs)),
    ).unref();
  }

  #checkIdle(): void {
    if (this.#state !== 'open') return;
    const restMs = performance.now() - this.#lastUsedAt;
    if (restMs < this.#host.options().idleMs || this.queued > 0) return this.#watchIdle();
    if (this.#awaited > 0) {
      this.#lastUsedAt = performance.now();
      return this.#watchIdle();
    }
    this.#state = 'closing';
    this.#socket?.end();
  }

  #checkDrained(): void {
    if (this.queued > 0) return;
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }
}
