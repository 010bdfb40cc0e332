/**
 * This process among the members: what it tells the directory, and what it hears of the others. Once it has joined, it needs the
 * directory for news alone; when that cannot be reached, it goes on with those it knows and tries again.
 *
 *   joining ──welcome──▶ joined ──broken──▶ joining        leave(): ▶ left, from anywhere
 */

import { connect, type Socket } from 'node:net';
import { RondoError } from '../errors.js';
import { markOwn } from '../own-sockets.js';
import {
  checkChange,
  checkIntroduction,
  controlFrame,
  type Introduction,
  MAX_CONTROL_BYTES,
  readControl,
  type ToDirectory,
} from './control.js';
import { FrameReader, preamble } from './frames.js';
import { Names } from './names.js';
import type { Peer, Peers } from './peers.js';

/** Between two tries: from the first to the last, each twice as long as the one before. */
const RETRY_MS = { first: 20, last: 10_000 };

export interface Directory {
  readonly address: string;
  readonly token: Buffer;
}

export interface MembershipHost {
  /** What the others are to know, without the lists of events. */
  readonly self: Omit<Introduction, 'listens' | 'handles'>;
  readonly peers: Peers;
  /** For the first time, or there is nobody to join. */
  onJoined(): void;
  /** The directory says so, or has not named it in a new welcome. */
  onLeft(peer: Peer): void;
}

interface Settling {
  readonly version: number;
  resolve(): void;
  reject(error: Error): void;
}

export class Membership {
  readonly #directory: Directory;
  readonly #host: MembershipHost;
  #state: 'joining' | 'joined' | 'left' = 'joining';
  #wasJoined = false;
  #socket: Socket | null = null;
  #retryMs = RETRY_MS.first;
  #timer: NodeJS.Timeout | undefined;
  /** What this process listens for and handles, and what the directory has been told of it. */
  readonly #listens = new Names();
  readonly #handles = new Names();
  #isTellingDue = false;
  /** Of what it has told; the last one that all others know. */
  #version = 0;
  #settled = -1;
  #onSettled: Settling[] = [];
  /** The directory is gone with its process, and nothing can be told to the others any more. */
  #isAlone = false;

  constructor(directory: Directory, host: MembershipHost) {
    this.#directory = directory;
    this.#host = host;
    // What the program does in this tick is told with the first message.
    process.nextTick(() => this.#connect());
  }

  setListening(event: string, isListening: boolean): void {
    if (this.#listens.set(event, isListening)) this.#tellSoon();
  }

  setHandling(event: string, isHandling: boolean): void {
    if (this.#handles.set(event, isHandling)) this.#tellSoon();
  }

  /**
   * Resolves when all others know what was set before the call, or when this one leaves. Rejects with
   * `ERR_RONDO_HUB_GONE` if the directory is gone.
   */
  settled(): Promise<void> {
    const version = this.#isTellingDue ? this.#version + 1 : this.#version;
    if (this.#settled >= version || this.#state === 'left') return Promise.resolve();
    if (this.#isAlone) return Promise.reject(goneDirectory());
    return new Promise((resolve, reject) => this.#onSettled.push({ version, resolve, reject }));
  }

  leave(): void {
    this.#state = 'left';
    clearTimeout(this.#timer);
    this.#socket?.destroy();
    for (const { resolve } of this.#onSettled.splice(0)) resolve();
  }

  #connect(): void {
    if (this.#state === 'left') return;
    const { address, token } = this.#directory;
    const socket = markOwn(connect({ path: address }));
    this.#socket = socket;
    socket.unref();
    const frames = new FrameReader(MAX_CONTROL_BYTES, (payload) =>
      this.#onMessage(readControl(payload)),
    );
    socket.once('connect', () => {
      socket.write(preamble(token));
      this.#join();
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch {
        frames.end();
        socket.destroy();
      }
    });
    let failure: string | undefined;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code;
    });
    socket.once('close', () => this.#onClose(socket, failure));
  }

  #join(): void {
    this.#isTellingDue = false;
    this.#listens.takeChanges();
    this.#handles.takeChanges();
    this.#version++;
    this.#send([
      'join',
      this.#version,
      { ...this.#host.self, listens: this.#listens.all(), handles: this.#handles.all() },
    ]);
  }

  #onClose(socket: Socket, failure: string | undefined): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    if (this.#state === 'left') return;
    this.#state = 'joining';
    // The others are told that it has left.
    this.#settled = -1;
    if (failure === 'ECONNREFUSED' || failure === 'ENOENT') this.#setAlone();
    this.#timer = setTimeout(() => this.#connect(), this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.last);
  }

  /** It listens before anybody can know of it, so nobody will listen there again. */
  #setAlone(): void {
    this.#isAlone = true;
    for (const { reject } of this.#onSettled.splice(0)) reject(goneDirectory());
    this.#setJoined();
  }

  #setJoined(): void {
    if (this.#wasJoined) return;
    this.#wasJoined = true;
    this.#host.onJoined();
  }

  #onMessage([type, first, second, third]: unknown[]): void {
    const { peers } = this.#host;
    switch (type) {
      case 'welcome':
        return this.#onWelcome((first as unknown[]).map(checkIntroduction));
      case 'joined':
        peers.add(checkIntroduction(second));
        return this.#send(['known', first as number]);
      case 'changed':
        peers.change(second as string, checkChange(third));
        return this.#send(['known', first as number]);
      case 'left': {
        const peer = peers.get(first as string);
        if (peer !== undefined) this.#host.onLeft(peer);
        return;
      }
      case 'settled':
        return this.#onSettledTo(first as number);
    }
  }

  #onWelcome(others: readonly Introduction[]): void {
    const { peers } = this.#host;
    this.#state = 'joined';
    this.#retryMs = RETRY_MS.first;
    const there = new Set(others.map(({ id }) => id));
    for (const peer of peers.all()) if (!there.has(peer.member.id)) this.#host.onLeft(peer);
    for (const other of others) peers.add(other);
    this.#setJoined();
  }

  #onSettledTo(version: number): void {
    this.#settled = Math.max(this.#settled, version);
    const done = this.#onSettled.filter((one) => one.version <= this.#settled);
    this.#onSettled = this.#onSettled.filter((one) => one.version > this.#settled);
    for (const { resolve } of done) resolve();
  }

  #tellSoon(): void {
    if (this.#isTellingDue) return;
    this.#isTellingDue = true;
    process.nextTick(() => this.#tell());
  }

  #tell(): void {
    // Otherwise it is told with the next 'join'.
    if (!this.#isTellingDue || this.#socket === null || this.#socket.connecting) return;
    this.#isTellingDue = false;
    const [listens, noListens] = this.#listens.takeChanges();
    const [handles, noHandles] = this.#handles.takeChanges();
    this.#version++;
    this.#send(['change', this.#version, { listens, handles, noListens, noHandles }]);
  }

  #send(message: ToDirectory): void {
    if (this.#socket?.writable === true) this.#socket.write(controlFrame(message));
  }
}

function goneDirectory(): RondoError {
  return new RondoError(
    'ERR_RONDO_HUB_GONE',
    'The primary, which tells the members of each other, is gone',
  );
}
