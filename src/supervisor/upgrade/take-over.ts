/**
 * The upgrade, in the new process: takes the old one's sockets, says when its workers are well, and becomes the owner
 * of what can have only one. Called off before that, it ends; after, the old one may end as it likes.
 */

import type { Address } from '../../types/options.js';
import type { Changeable } from '../configuration.js';
import { rondo } from '../forking.js';
import { passengers } from './passengers.js';
import { PassingOn } from './passing-on.js';
import type { Predecessor } from './predecessor.js';
import type { SeatDealing } from './protocol.js';

export interface TakeOverHost {
  /** Resolves when every seat has a worker that is well; rejects when one stops. */
  whenWell(): Promise<void>;
  /** What the old process has changed since this one has begun to start, and of what it has undone its changes. */
  change(changes: Changeable, reset: readonly string[]): void;
  configureSeats(seats: readonly SeatDealing[]): void;
  /** The old process does without this one. */
  giveUp(): void;
}

export class TakeOver {
  readonly #old: Predecessor;
  readonly #host: TakeOverHost;
  #oldEnded: Promise<void> = Promise.resolve();

  constructor(old: Predecessor, host: TakeOverHost) {
    this.#old = old;
    this.#host = host;
    void old.whenCalledOff.then(() => host.giveUp());
  }

  get pid(): number {
    return this.#old.manifest.pid;
  }

  /** After `finish()`: resolves when no connection comes from the old process any more. */
  get whenOldEnded(): Promise<void> {
    return this.#oldEnded;
  }

  /** Before the first worker starts. Rejects as `dispatcher.listen()` does. */
  async begin(): Promise<void> {
    const { listeners } = this.#old.manifest;
    const primary = rondo();
    if (primary === null) {
      throw new Error(
        "The sockets of the old process cannot be used with node:cluster's own scheduling",
      );
    }
    await primary.takeOver(listeners);
  }

  /**
   * When the start is over. Resolves with the addresses that nobody listens at any more, when this process has
   * everything. Rejects, when it has nothing, with `ERR_RONDO_UPGRADE_FAILED` if it was called off.
   */
  async finish(): Promise<Address[]> {
    try {
      await this.#host.whenWell();
      const { changed, reset = [], renewed, reconfigured = [], seats } = await this.#old.sayReady();
      if (Object.keys(changed).length + reset.length > 0) this.#host.change(changed, reset);
      this.#host.configureSeats(seats ?? this.#old.manifest.seats);
      for (const { index, settings } of reconfigured) rondo()?.taken.configure(index, settings);
      const fds = await this.#old.receiveFds(renewed.length);
      for (const [i, { index, file }] of renewed.entries()) {
        const fd = fds[i];
        if (fd === undefined) throw new Error('A socket of the old process did not come');
        rondo()?.taken.replace(index, fd, file);
      }
      await passengers.handOver();
    } catch (error) {
      this.fail(error as Error);
      throw error;
    }
    const passing = rondo()?.dispatcher.passing ?? null;
    await this.#old.sayTaken(passing !== null);
    passengers.close();
    rondo()?.takeFiles();
    const closed = rondo()?.taken.settle() ?? [];
    const listenerAt = (index: number): number | null => rondo()?.taken.at(index)?.id ?? null;
    if (passing !== null) this.#oldEnded = this.#old.receiveIdle({ passing, listenerAt });
    return closed;
  }

  /**
   * When it has failed or was called off: what takes back to the old process what nobody here serves any more, from now
   * on. Null if that does not serve on, or takes nothing.
   */
  async openWayBack(): Promise<PassingOn | null> {
    const passing = rondo()?.dispatcher.passing ?? null;
    if (passing === null || !(await this.#old.whenServesOn())) return null;
    const places = new Map<number, number>();
    for (const index of this.#old.manifest.listeners.keys()) {
      const listener = rondo()?.taken.at(index);
      if (listener != null) places.set(listener.id, index);
    }
    const back = new PassingOn(passing, this.#old, places);
    back.begin();
    return back;
  }

  fail({ message, lastOutput = '' }: Error & { lastOutput?: string }): void {
    const [first = ''] = message.split('\n');
    this.#old.sayFailed(first, lastOutput || message.slice(first.length).trim());
  }
}
