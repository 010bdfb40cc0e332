/**
 * Connections that go to another process, which has the listeners, while this one drains: those that its workers give
 * back between two requests, and what nobody here serves any more. From an old process to the new one, and back from a
 * new one that is called off. Each is closed here once the other process has been sent its own descriptor of it; if it
 * cannot be sent, it is closed and counted.
 *
 *   passing ──all are there after finish(), or FINISH_MS, or the other process is gone──▶ over: the rest is closed
 */

import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Passing } from '../../dispatcher/transport.js';
import type { PassedConnection } from '../../native/engine.js';
import { monotonicMs } from './arriving.js';
import type { IdleMessage } from './protocol.js';

/** How many may be sent and not be there yet. The socket holds some more. */
const MOST_UNDERWAY = 64;
/** For what it has no room, or the user too many descriptors in flight. */
const RETRY_MS = 10;
/** After the last worker has ended. */
const FINISH_MS = 5_000;
const LOOK_MS = 5;

const { EAGAIN, EINTR, ENOBUFS, ENOMEM, ETOOMANYREFS } =
  constants.errno as typeof constants.errno & {
    /** unix(7): more descriptors of the user are in flight than RLIMIT_NOFILE. Not among Node's names. */
    ETOOMANYREFS?: number;
  };
const LATER: readonly number[] = [EAGAIN, EINTR, ENOBUFS, ENOMEM, ETOOMANYREFS ?? 109];

/** To the other process. */
export interface Way {
  /** A connection, which stays the caller's. As `sendFds()` of the addon. */
  sendIdle(fd: number, message: IdleMessage): number;
  /** Says that some were sent. */
  sayIdle(): void;
  /** Whether `onGot()` is called for what has come; otherwise what is sent is taken for there. */
  readonly isConfirmed: boolean;
}

export class PassingOn {
  readonly #passing: Passing;
  readonly #way: Way;
  /** By the id of the listener here: its place in the manifest. */
  readonly #places: ReadonlyMap<number, number>;
  /** Taken from the engine, and not sent yet. */
  #inHand: PassedConnection[] = [];
  #underway = 0;
  #state: 'passing' | 'over' = 'passing';
  #timer: NodeJS.Timeout | undefined;

  constructor(passing: Passing, way: Way, places: ReadonlyMap<number, number>) {
    this.#passing = passing;
    this.#way = way;
    this.#places = places;
  }

  /** Before the listeners are left. */
  begin(): void {
    this.#passing.begin(() => this.#pump());
  }

  onGot(count: number): void {
    this.#underway -= count;
    this.#pump();
  }

  /** The other process is gone. */
  onGone(): void {
    this.#state = 'over';
    this.#pump();
  }

  /** Nothing comes any more. Resolves when all is there, or closed. */
  async finish(): Promise<void> {
    const end = performance.now() + FINISH_MS;
    while (!this.#isDone() && performance.now() < end) await delay(LOOK_MS);
    this.#state = 'over';
    this.#pump();
  }

  #isDone(): boolean {
    this.#pump();
    return this.#state === 'over' || (this.#inHand.length === 0 && this.#underway === 0);
  }

  #pump(): void {
    clearTimeout(this.#timer);
    let hasSent = false;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const result = this.#send(next);
      if (result >= 0) {
        hasSent = true;
        if (this.#way.isConfirmed) this.#underway++;
        this.#passing.end(next.fd, true);
      } else if (LATER.includes(-result)) {
        this.#inHand.unshift(next);
        this.#timer = setTimeout(() => this.#pump(), RETRY_MS);
        break;
      } else {
        this.#passing.end(next.fd, false);
      }
    }
    if (hasSent) this.#way.sayIdle();
  }

  #next(): PassedConnection | undefined {
    const isFull = this.#underway >= MOST_UNDERWAY && this.#state !== 'over';
    if (isFull) return undefined;
    if (this.#inHand.length === 0) this.#inHand = this.#passing.take(MOST_UNDERWAY);
    return this.#inHand.shift();
  }

  /** As `sendFds()`. */
  #send({ fd, listener, idleMs, isDue, about }: PassedConnection): number {
    const place = this.#places.get(listener);
    if (this.#state === 'over' || place === undefined) return -constants.errno.EPIPE;
    return this.#way.sendIdle(fd, {
      listener: place,
      idleMs,
      at: monotonicMs(),
      isDue,
      about: about === null ? null : Buffer.from(about).toString('base64'),
    });
  }
}
