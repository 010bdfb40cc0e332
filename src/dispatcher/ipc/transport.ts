/**
 * The ipc transport: connections go to the workers by Node's own `subprocess.send(message, handle)`.
 * No addon, any platform; everything happens on the primary's event loop. Same options, stats and
 * events as the native transport, and of its guarantees all but these:
 *
 * - Nothing is accepted, handed off or reclaimed while the primary's loop is blocked.
 * - Accepting never stops, because libuv has no way to: what no worker has room for, and what comes
 *   after pause(), waits in an unbounded queue in the primary, one file descriptor each.
 * - When the primary runs out of file descriptors, connections are accepted and closed; they do not
 *   wait in the backlog. Counted and reported as EMFILE where /proc tells the limit (Linux).
 * - Nothing is taken back from a living process: what was handed to one that is stopped or does not
 *   receive waits for it, a window's worth at most, until it goes on or ends.
 * - A path's `mode` is set after listen(2); a stale socket file is EADDRINUSE.
 */

import type { ChildProcess } from 'node:child_process';
import type { Server } from 'node:net';
import { constants } from 'node:os';
import { errnoName, systemError } from '../../errors.js';
import { CHANNEL_VARIABLE, IPC_CHANNEL } from '../../protocol/protocol.js';
import type { Address } from '../../types.js';
import type {
  ListenerCounts,
  ListenTarget,
  SlotChannel,
  SlotCounts,
  Transport,
  TransportEvents,
  TransportOptions,
} from '../transport.js';
import { IpcDealer } from './dispatch.js';
import { doesPass } from './errors.js';
import { addressOf, highestFd, listen } from './listener.js';
import { IpcSlot, type IpcSlotOwner, type SlotFigures } from './slot.js';

const ERROR_REPORT_MS = 1000;

interface Door {
  readonly server: Server;
  /** No accept error is reported before. */
  reportAt: number;
}

export class IpcTransport implements Transport {
  readonly name = 'ipc';
  readonly #events: TransportEvents;
  readonly #dealer: IpcDealer;
  readonly #doors = new Map<number, Door>();
  readonly #slots = new Set<IpcSlot>();
  readonly #listenerCounts = new Map<number, ListenerCounts>();
  readonly #slotFigures = new Map<number, SlotFigures>();
  #state = '';
  #accepted = 0;

  constructor(options: TransportOptions, events: TransportEvents) {
    this.#events = events;
    this.#dealer = new IpcDealer(options, {
      onRedealt: (listener) => this.#count(listener).redealt++,
      onClosed: (listener) => this.#count(listener).closed++,
      onStarved: () => events.onStarved(),
      onFlowing: () => events.onFlowing(),
    });
  }

  configure(options: TransportOptions): void {
    this.#dealer.configure(options);
    this.#dealer.deal();
  }

  // ---- listeners ----

  async listen(id: number, target: ListenTarget): Promise<Address> {
    // The figures of a former listener of that id end here.
    this.#listenerCounts.delete(id);
    const counts = this.#count(id);
    const limit = highestFd();
    const server = await listen(target, (error, handle) => {
      if (handle === undefined) {
        this.#onAcceptError(id, error);
        return;
      }
      counts.accepted++;
      this.#accepted++;
      if (handle.fd < limit) {
        this.#dealer.accept({ listener: id, handle, refusedBy: [], wasDealt: false });
        return;
      }
      handle.close();
      counts.closed++;
      this.#onAcceptError(id, -constants.errno.EMFILE);
    });
    this.#doors.set(id, { server, reportAt: 0 });
    this.#dealer.addListener(id);
    return addressOf(server);
  }

  closeListener(id: number): Promise<void> {
    const server = this.#doors.get(id)?.server;
    this.#doors.delete(id);
    const closed = new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
    this.#dealer.removeListener(id);
    return closed;
  }

  #onAcceptError(id: number, errno: number): void {
    const door = this.#doors.get(id);
    if (door === undefined) return;
    const error = systemError(errno, 'accept');
    const code = errnoName(errno);
    if (!doesPass(code)) {
      void this.closeListener(id);
      this.#events.onListenerBroken(id, error);
      return;
    }
    const { acceptErrors } = this.#count(id);
    acceptErrors[code] = (acceptErrors[code] ?? 0) + 1;
    const now = performance.now();
    if (now < door.reportAt) return;
    door.reportAt = now + ERROR_REPORT_MS;
    this.#events.onAcceptError(id, error);
  }

  // ---- slots ----

  openSlot(): SlotChannel {
    return {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { [CHANNEL_VARIABLE]: IPC_CHANNEL },
    };
  }

  assign(id: number, generation: number, child: ChildProcess): void {
    const slot = new IpcSlot(id, generation, child, this.#figures(id), this.#slotOwner());
    this.#slots.add(slot);
    this.#dealer.addSlot(slot);
  }

  removeSlot(id: number, generation: number, isExited: boolean): void {
    for (const slot of this.#slots) {
      if (slot.slot !== id || slot.generation !== generation) continue;
      this.#dealer.removeSlot(slot);
      slot.remove(isExited);
      this.#dealer.deal();
      return;
    }
    // No process was assigned.
    process.nextTick(() => this.#events.onGone(id, generation, 0));
  }

  #slotOwner(): IpcSlotOwner {
    const events = this.#events;
    return {
      state: () => this.#state,
      onServing: ({ slot, generation }, listeners) => events.onServing(slot, generation, listeners),
      onRetired: ({ slot, generation }, error) => events.onRetired(slot, generation, error),
      onGone: (slot) => {
        this.#slots.delete(slot);
        // Not within removeSlot(), whose caller is not ready for it.
        process.nextTick(() => events.onGone(slot.slot, slot.generation, slot.reclaimed));
      },
      onHandOffError: ({ slot }, error) => events.onHandOffError(slot, error),
      onReceived: () => this.#dealer.noteReceived(),
      onReturned: (connection) => this.#dealer.takeBack(connection),
      onChange: () => this.#dealer.deal(),
    };
  }

  // ---- the rest ----

  setState(text: string): void {
    this.#state = text;
    for (const slot of this.#slots) slot.sendState(text);
  }

  pause(): void {
    this.#dealer.pause();
  }

  resume(): void {
    this.#dealer.resume();
  }

  async close(): Promise<void> {
    const closed = [...this.#doors.values()].map(
      ({ server }) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    this.#doors.clear();
    this.#dealer.close();
    for (const slot of this.#slots) slot.abandon();
    await Promise.all(closed);
  }

  ref(): void {
    for (const { server } of this.#doors.values()) server.ref();
  }

  unref(): void {
    for (const { server } of this.#doors.values()) server.unref();
  }

  listenerCounts(id: number): ListenerCounts {
    const counts = this.#count(id);
    return { ...counts, acceptErrors: { ...counts.acceptErrors } };
  }

  slotCounts(id: number): SlotCounts {
    const figures = this.#figures(id);
    let pending = 0;
    let active = 0;
    for (const slot of this.#slots) {
      if (slot.slot !== id) continue;
      pending += slot.pending;
      active += slot.active;
    }
    const handoffErrors = { ...figures.handoffErrors };
    return { ...figures, handoffErrors, pending, active, lost: 0, heartbeatAgeMs: null };
  }

  counts(): { accepted: number; waiting: number; starvedMs: number } {
    return {
      accepted: this.#accepted,
      waiting: this.#dealer.waiting,
      starvedMs: this.#dealer.starvedMs,
    };
  }

  #count(listener: number): ListenerCounts {
    let counts = this.#listenerCounts.get(listener);
    if (counts === undefined) {
      counts = { accepted: 0, redealt: 0, closed: 0, acceptErrors: {} };
      this.#listenerCounts.set(listener, counts);
    }
    return counts;
  }

  #figures(slot: number): SlotFigures {
    let figures = this.#slotFigures.get(slot);
    if (figures === undefined) {
      figures = { handed: 0, refused: 0, reclaimed: 0, unfinished: 0, handoffErrors: {} };
      this.#slotFigures.set(slot, figures);
    }
    return figures;
  }
}
