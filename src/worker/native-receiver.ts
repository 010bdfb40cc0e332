/**
 * Receive, on the native transport: one call per batch of connections, each opened as a handle and
 * given to its server, or sent back.
 */

import { constants } from 'node:os';
// The global of that name is a getter, which costs more than the clock.
import { performance } from 'node:perf_hooks';
import { channels } from '../channels.js';
import { RondoError, systemError } from '../errors.js';
import { Moves } from '../moves/moves.js';
import type { Native } from '../native/index.js';
import { FIELDS_PER_CONNECTION, type NativeReceiver, PACE } from '../native/receiver.js';
import { decodeState, type State } from '../protocol/protocol.js';
import {
  type ChannelUser,
  checkVersion,
  type GivesBack,
  type StreamHandle,
  type WorkerChannel,
} from './channel.js';
import { countEnded, HandleFactory, type StreamKind } from './handles.js';
import { noteHandoff } from './handoff-times.js';
import { aboutOf } from './proxy-header.js';
import { GIVER } from './release.js';
import { serveTold } from './told-connection.js';

/**
 * Opens the channel behind `fd`, which it takes over, and says hello to the primary.
 * Throws `ERR_RONDO_CHANNEL` if that is no channel.
 */
export function openNativeChannel(native: Native, fd: number, user: ChannelUser): WorkerChannel {
  return new NativeChannel(native, fd, user);
}

/** Runs what process.nextTick() and promises have queued. Old, undocumented, in every Node so far. */
const runTicks = (process as { _tickCallback?: () => void })._tickCallback;

/** What comes back by itself: the connection is as good as before, here or with another worker. */
const { EMFILE, ENFILE, ENOMEM } = constants.errno;
const SHORTAGES: readonly number[] = [-EMFILE, -ENFILE, -ENOMEM];

class NativeChannel implements WorkerChannel, GivesBack {
  #state: State | null = null;
  #isServing = false;
  readonly #native: Native;
  readonly #receiver: NativeReceiver;
  readonly #user: ChannelUser;
  readonly #moves = new Moves(GIVER);
  readonly #batch: Int32Array;
  /** These three from the welcome on, before which no connection comes. */
  #handles!: HandleFactory;
  #ended!: Uint32Array;
  #handoffTimes!: Float64Array;
  /** Ids of listeners that are on a path; ids that are not among the present listeners' stay. */
  readonly #onPaths = new Set<number>();

  constructor(native: Native, fd: number, user: ChannelUser) {
    this.#native = native;
    this.#user = user;
    this.#batch = new Int32Array(native.largestBatch * FIELDS_PER_CONNECTION);
    this.#receiver = new native.Receiver(
      fd,
      {
        onConnections: (count) => this.#onConnections(count),
        onWelcome: (version) => this.#onWelcome(version),
        onState: (text) => this.#onState(text),
        onRelieve: (count) => this.#moves.relieve(count),
        onEnd: (error) => this.#onEnd(error),
      },
      this.#batch,
    );
    const result = this.#receiver.open();
    if (result < 0) {
      throw new RondoError('ERR_RONDO_CHANNEL', `The file descriptor ${fd} is no rondo channel`, {
        cause: systemError(result, 'open'),
      });
    }
  }

  setServing(listeners: number[]): void {
    this.#receiver.setServing(listeners);
    this.#isServing = listeners.length > 0;
    this.#updateMoves();
  }

  get isRebalancing(): boolean {
    return this.#moves.isOn;
  }

  get othersServe(): boolean {
    return (this.#state?.serving ?? 0) > (this.#isServing ? 1 : 0);
  }

  get givesBack(): GivesBack {
    return this;
  }

  has(handle: object): boolean {
    return this.#handles?.listenerOf(handle) >= 0;
  }

  giveBack(handle: StreamHandle, idleMs: number): boolean {
    const listener = this.#handles.listenerOf(handle);
    if (listener < 0 || handle.fd === undefined) return false;
    const fd = this.#native.dupFd(handle.fd);
    if (fd < 0) return false;
    // From here on nothing is read in this process: this loop does not turn before the handle is closed.
    handle.readStop();
    const about = aboutOf(handle);
    if (!this.#receiver.release(fd, listener, idleMs, about?.bytes)) {
      handle.readStart();
      return false;
    }
    this.#handles.forget(handle);
    return true;
  }

  get hasUnsent(): boolean {
    return this.#receiver.hasUnsent();
  }

  claim(kind: number, key: Uint8Array, isOver: boolean): void {
    if (isOver) this.#receiver.unclaim(kind, key);
    else this.#receiver.claim(kind, key);
  }

  beat(intervalMs: number): void {
    this.#receiver.beat(intervalMs);
  }

  ref(): void {
    this.#receiver.ref();
  }

  unref(): void {
    this.#receiver.unref();
  }

  #onWelcome(version: number): void {
    checkVersion(version);
    this.#ended = this.#receiver.ended();
    this.#handoffTimes = this.#receiver.handoffTimes();
    const pace = this.#receiver.pace();
    this.#moves.whenPaceIsKnown((isSlow) => {
      pace[0] = isSlow ? PACE.slow : PACE.quick;
    });
    this.#handles = new HandleFactory(this.#native, this.#ended);
  }

  #onState(text: string): void {
    const state = decodeState(text);
    for (const { id, address } of state.listeners) {
      if (typeof address === 'string') this.#onPaths.add(id);
      else this.#onPaths.delete(id);
    }
    this.#user.onState(state);
    this.#state = state;
    this.#updateMoves();
  }

  /** Connections go to others only, of whom this worker may be one that serves. */
  #updateMoves(): void {
    const { rebalance = 'off', areMoving = false } = this.#state ?? {};
    this.#moves.setMode(this.othersServe ? rebalance : 'off', areMoving);
  }

  #onConnections(count: number): void {
    let index = 0;
    // Behind the first, those before it are part of what a connection has waited for.
    const startedAt = count > 1 ? performance.now() : 0;
    try {
      for (;;) {
        this.#receive(index++, startedAt);
        if (index === count) return;
        // Between the connections that a server accepts Node runs these, too.
        runTicks?.();
      }
    } catch (error) {
      // A 'connection' listener threw, which may be the end of this process. What it has not been
      // given yet can still be served by another.
      while (index < count) this.#giveBack(index++, true);
      throw error;
    }
  }

  /** At whatever it throws, the connection is its server's, or no longer this process's. */
  #receive(index: number, startedAt: number): void {
    const at = index * FIELDS_PER_CONNECTION;
    const fd = this.#batch[at] as number;
    const listener = this.#batch[at + 1] as number;
    const isFinal = this.#batch[at + 2] === 1;
    if (!this.#takes(index, listener, isFinal)) return;
    const handle = this.#open(index, fd, listener, this.#batch[at + 4] === 1);
    if (typeof handle !== 'number') {
      const sinceUs = index === 0 ? 0 : (performance.now() - startedAt) * 1_000;
      const us = (this.#batch[at + 3] as number) + sinceUs;
      noteHandoff(this.#handoffTimes, us);
      if (!channels.connection.hasSubscribers) return this.#user.serve(listener, handle);
      return serveTold(listener, us / 1_000, () => this.#user.serve(listener, handle));
    }
    if (SHORTAGES.includes(handle)) return this.#giveBack(index, true);
    // Fatal to this connection, not to the server.
    this.#close(index);
    const { message } = systemError(handle, 'open');
    process.emitWarning(`A received connection was unusable and has been closed: ${message}`, {
      type: 'RondoWarning',
      code: 'RONDO_CONNECTION_CLOSED',
    });
  }

  /** False: it has been given back, or closed. */
  #takes(index: number, listener: number, isFinal: boolean): boolean {
    try {
      if (this.#user.accepts(listener, isFinal)) return true;
    } catch (error) {
      // A property of the server is a getter of the program's. The next worker may do better; the
      // last one asked takes it without looking.
      this.#giveBack(index, false);
      throw error;
    }
    if (this.#receiver.refuse(index, false)) return false;
    // The channel has ended, so nobody else can be asked.
    if (this.#user.accepts(listener, true)) return true;
    this.#close(index);
    return false;
  }

  #open(index: number, fd: number, listener: number, hasAbout: boolean): StreamHandle | number {
    try {
      const about = hasAbout ? this.#receiver.about(index) : null;
      return this.#handles.open(this.#kindOf(fd, listener), fd, listener, about);
    } catch (error) {
      this.#close(index);
      throw error;
    }
  }

  /** Routes begin at a port. So only what comes to a listener that is on a path may be of either kind. */
  #kindOf(fd: number, listener: number): StreamKind {
    if (!this.#onPaths.has(listener)) return 'tcp';
    return this.#native.isUnixSocket(fd) ? 'pipe' : 'tcp';
  }

  /** With `mayReturn` to any worker, this one included. */
  #giveBack(index: number, mayReturn: boolean): void {
    if (!this.#receiver.refuse(index, mayReturn)) this.#close(index);
  }

  #close(index: number): void {
    const at = index * FIELDS_PER_CONNECTION;
    this.#native.closeFd(this.#batch[at] as number);
    countEnded(this.#ended, this.#batch[at + 1] as number);
  }

  #onEnd(error: number): void {
    this.#user.onEnd();
    if (error === 0) return;
    throw new RondoError('ERR_RONDO_CHANNEL', 'The channel to the primary failed', {
      cause: systemError(error, 'recvmsg'),
    });
  }
}
