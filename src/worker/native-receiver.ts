/**
 * Receive, on the native transport: one call per connection, which is opened as a handle and given to
 * its server, or sent back.
 */

import { constants } from 'node:os';
import { channels } from '../channels.js';
import { RondoError, systemError } from '../errors.js';
import { before } from '../hidden-listeners.js';
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
  /** What there is to know of the connection that has come. */
  readonly #fields = new Int32Array(FIELDS_PER_CONNECTION);
  /** These three from the welcome on, before which no connection comes. */
  #handles!: HandleFactory;
  #ended!: Uint32Array;
  #handoffTimes!: Float64Array;
  /** Ids of listeners that are on a path; ids that are not among the present listeners' stay. */
  readonly #onPaths = new Set<number>();

  constructor(native: Native, fd: number, user: ChannelUser) {
    this.#native = native;
    this.#user = user;
    this.#receiver = new native.Receiver(
      fd,
      {
        onConnection: () => this.#onConnection(),
        onWelcome: (version) => this.#onWelcome(version),
        onState: (text) => this.#onState(text),
        onRelieve: (count) => this.#moves.relieve(count),
        onEnd: (error) => this.#onEnd(error),
      },
      this.#fields,
    );
    const result = this.#receiver.open();
    if (result < 0) {
      throw new RondoError('ERR_RONDO_CHANNEL', `The file descriptor ${fd} is no rondo channel`, {
        cause: systemError(result, 'open'),
      });
    }
    // One of those that came together may end it: others can still be served by another process.
    before(process, 'exit', () => this.#receiver.refuseRest());
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

  /** At whatever it throws, the connection is its server's, or no longer this process's. */
  #onConnection(): void {
    const fields = this.#fields;
    const fd = fields[0] as number;
    const listener = fields[1] as number;
    const us = fields[3] as number;
    const hasAbout = fields[4] === 1;
    // The program may be asked from here on, and the next connection comes if it runs the loop itself.
    if (!this.#takes(fd, listener, fields[2] === 1)) return;
    const handle = this.#open(fd, listener, hasAbout);
    if (typeof handle !== 'number') {
      noteHandoff(this.#handoffTimes, us);
      if (!channels.connection.hasSubscribers) return this.#user.serve(listener, handle);
      return serveTold(listener, us / 1_000, () => this.#user.serve(listener, handle));
    }
    if (SHORTAGES.includes(handle)) return this.#giveBack(fd, listener, true);
    // Fatal to this connection, not to the server.
    this.#close(fd, listener);
    const { message } = systemError(handle, 'open');
    process.emitWarning(`A received connection was unusable and has been closed: ${message}`, {
      type: 'RondoWarning',
      code: 'RONDO_CONNECTION_CLOSED',
    });
  }

  /** False: it has been given back, or closed. */
  #takes(fd: number, listener: number, isFinal: boolean): boolean {
    try {
      if (this.#user.accepts(listener, isFinal)) return true;
    } catch (error) {
      // A property of the server is a getter of the program's. The next worker may do better; the
      // last one asked takes it without looking.
      this.#giveBack(fd, listener, false);
      throw error;
    }
    if (this.#receiver.refuse(false)) return false;
    // The channel has ended, so nobody else can be asked.
    if (this.#user.accepts(listener, true)) return true;
    this.#close(fd, listener);
    return false;
  }

  #open(fd: number, listener: number, hasAbout: boolean): StreamHandle | number {
    try {
      const about = hasAbout ? this.#receiver.about() : null;
      return this.#handles.open(this.#kindOf(fd, listener), fd, listener, about);
    } catch (error) {
      this.#close(fd, listener);
      throw error;
    }
  }

  /** Routes begin at a port. So only what comes to a listener that is on a path may be of either kind. */
  #kindOf(fd: number, listener: number): StreamKind {
    if (!this.#onPaths.has(listener)) return 'tcp';
    return this.#native.isUnixSocket(fd) ? 'pipe' : 'tcp';
  }

  /** With `mayReturn` to any worker, this one included. */
  #giveBack(fd: number, listener: number, mayReturn: boolean): void {
    if (!this.#receiver.refuse(mayReturn)) this.#close(fd, listener);
  }

  #close(fd: number, listener: number): void {
    this.#native.closeFd(fd);
    countEnded(this.#ended, listener);
  }

  #onEnd(error: number): void {
    this.#user.onEnd();
    if (error === 0) return;
    throw new RondoError('ERR_RONDO_CHANNEL', 'The channel to the primary failed', {
      cause: systemError(error, 'recvmsg'),
    });
  }
}
