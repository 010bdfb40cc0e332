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
 * - A path's `mode` is set after listen(2); a stale socket file is EADDRINUSE; one that is removed while
 *   its listener is open stays away. When an upgrade leaves it to another process, it is gone for some
 *   microseconds.
 */

import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { UnixFile } from '../../native/engine.js';
import { Figure, type SlotFigures } from '../../native/figures.js';
import { CHANNEL_VARIABLE, IPC_CHANNEL } from '../../protocol/protocol.js';
import type { Address, SlotOptions } from '../../types/options.js';
import { Tallies } from '../tallies.js';
import type { Tally } from '../tally.js';
import type {
  DealingOptions,
  LentSocket,
  ListenerCounts,
  ListenTarget,
  SlotChannel,
  SlotCounts,
  SlotLoad,
  Transport,
  TransportCounts,
  TransportEvents,
  TransportOptions,
} from '../transport.js';
import { clockMs } from './clock.js';
import { IpcDealer } from './dispatch.js';
import { Doors } from './doors.js';
import { Counters, type Figures, newTimes, noteTime } from './figures.js';
import { sum } from './limits.js';
import { IpcSlot, type IpcSlotOwner } from './slot.js';

/** How long a listener that is left to another process is kept for what was accepted. */
const LEAVE_MS = 10_000;
const LOOK_MS = 5;

const NO_OPTIONS: Required<SlotOptions> = { weight: 1, maxConnections: null };

export class IpcTransport implements Transport {
  readonly name = 'ipc';
  readonly passing = null;
  readonly #events: TransportEvents;
  readonly #dealer: IpcDealer;
  readonly #doors: Doors;
  readonly #slots = new Set<IpcSlot>();
  readonly #slotOptions = new Map<number, Required<SlotOptions>>();
  readonly #counters = new Counters();
  readonly #tallies: Tallies;
  /** Those that are counted, also when their slots are others'. */
  readonly #counted = new Map<string, { slot: IpcSlot; figures: Figures }>();
  #state = '';
  #accepted = 0;
  readonly #queueTimes = newTimes();

  constructor(options: TransportOptions, events: TransportEvents) {
    this.#events = events;
    this.#tallies = new Tallies({
      read: (slot, generation, out) => this.#read(slot, generation, out),
      errors: (slot, generation) => ({ ...this.#find(slot, generation)?.figures.handoffErrors }),
      onExit: (slot, generation, child) =>
        this.#find(slot, generation)?.slot.noteExit(child.exitCode),
      onEnd: (slot, generation) => this.#forget(slot, generation),
    });
    const countsOf = (listener: number): ListenerCounts => this.#counters.listener(listener);
    this.#dealer = new IpcDealer(options, {
      onRedealt: (listener) => countsOf(listener).redealt++,
      onClosed: (listener) => countsOf(listener).closed++,
      onTurnedAway: (listener) => countsOf(listener).turnedAway++,
      onPick: events.onPick,
      onPickTimedOut: events.onPickTimedOut,
      onStarved: () => events.onStarved(),
      onFlowing: () => events.onFlowing(),
    });
    this.#doors = new Doors({
      onConnection: (connection) => {
        this.#accepted++;
        this.#dealer.accept(connection);
      },
      onAcceptError: (listener, error) => events.onAcceptError(listener, error),
      onBroken: (listener, error) => {
        this.#dealer.removeListener(listener);
        events.onListenerBroken(listener, error);
      },
    });
  }

  configure(options: TransportOptions): void {
    this.#dealer.configure(options);
  }

  // ---- listeners ----

  async listen(id: number, target: ListenTarget, options: DealingOptions): Promise<Address> {
    // The dispatcher has refused it.
    if (target.kind === 'virtual') throw new Error('A virtual listener needs the native transport');
    const address = await this.#doors.open(id, target, this.#counters.renewListener(id));
    this.#dealer.addListener(id, options);
    return address;
  }

  configureListener(id: number, options: DealingOptions): void {
    this.#dealer.configureListener(id, options);
  }

  renewPaths(): void {}

  lend(id: number): LentSocket {
    return this.#doors.lend(id);
  }

  async leaveListener(id: number): Promise<void> {
    await this.#doors.leave(id);
    const end = performance.now() + LEAVE_MS;
    while (this.#dealer.waiting > 0 && performance.now() < end) await delay(LOOK_MS);
    this.#dealer.removeListener(id);
  }

  takeFile(id: number, file: UnixFile): void {
    this.#doors.takeFile(id, file);
  }

  /** No file is ever bound anew here. */
  replaceSocket(): void {}

  closeListener(id: number): Promise<void> {
    const closed = this.#doors.close(id);
    this.#dealer.removeListener(id);
    return closed;
  }

  // ---- slots ----

  configureSlot(slot: number, options: Required<SlotOptions>): void {
    this.#slotOptions.set(slot, options);
    this.#dealer.deal();
  }

  openSlot(): SlotChannel {
    return {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { [CHANNEL_VARIABLE]: IPC_CHANNEL },
    };
  }

  assign(id: number, generation: number, child: ChildProcess): Tally {
    const figures = this.#counters.slot(id).begin();
    const slot = new IpcSlot(id, generation, child, figures, this.#slotOwner());
    this.#counted.set(keyOf(id, generation), { slot, figures });
    this.#slots.add(slot);
    this.#dealer.addSlot(slot);
    return this.#tallies.open(id, generation, child);
  }

  /** Nothing would come back. */
  drainSlot(id: number, generation: number): void {
    this.removeSlot(id, generation, false);
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
      options: (slot) => this.#slotOptions.get(slot) ?? NO_OPTIONS,
      state: () => this.#state,
      onServing: (slot, listeners, begun) => {
        this.#dealer.noteServing(slot, begun);
        for (const id of begun) this.#doors.start(id);
        events.onServing(slot.slot, slot.generation, listeners);
      },
      onRetired: (slot, error) => {
        this.#dealer.noteServing(slot, []);
        events.onRetired(slot.slot, slot.generation, error);
      },
      onGone: (slot) => {
        this.#slots.delete(slot);
        this.#tallies.onGone(slot.slot, slot.generation);
        // Not within removeSlot(), whose caller is not ready for it.
        process.nextTick(() => events.onGone(slot.slot, slot.generation, slot.reclaimed));
      },
      onHandOffError: ({ slot }, error) => events.onHandOffError(slot, error),
      onReceived: () => this.#dealer.noteReceived(),
      onQueued: (ms) => noteTime(this.#queueTimes, ms),
      onRefused: (connection) => this.#dealer.takeBack(connection, null),
      onUndelivered: (connection, slot) => this.#dealer.takeBack(connection, slot),
      onChange: () => this.#dealer.deal(),
    };
  }

  // ---- the rest ----

  /** None moves. */
  relieve(): void {}

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

  pauseListener(id: number): void {
    this.#dealer.pauseListener(id);
  }

  resumeListener(id: number): void {
    this.#dealer.resumeListener(id);
  }

  async close(): Promise<void> {
    const closed = this.#doors.closeAll();
    this.#dealer.close();
    for (const slot of this.#slots) slot.abandon();
    this.#tallies.onStopped();
    await closed;
  }

  ref(): void {
    this.#doors.ref();
  }

  unref(): void {
    this.#doors.unref();
  }

  listenerCounts(id: number): ListenerCounts {
    const counts = this.#counters.listener(id);
    return { ...counts, acceptErrors: { ...counts.acceptErrors } };
  }

  slotCounts(id: number): SlotCounts {
    const figures = this.#counters.slot(id).read();
    const slots = [...this.#slots].filter(({ slot }) => slot === id);
    const now = clockMs();
    // Also of a closed slot of that number, until its process has answered all that it was handed.
    const pending = sum(slots, ({ work }) => work.pending.size);
    return {
      ...figures,
      received: figures.handed - figures.reclaimed - pending,
      pending,
      open: sum(slots, ({ work }) => work.open.total),
      lost: 0,
      released: 0,
      heartbeatAgeMs: null,
      loopDelayMs: slots.at(-1)?.work.answerDelayMs(now) ?? null,
      utilisation: null,
      memoryBytes: null,
    };
  }

  loadOf(id: number): SlotLoad {
    return { open: this.slotCounts(id).open, utilisation: null, isSlow: null };
  }

  #read(id: number, generation: number, out: SlotFigures): void {
    // Its tally ends before it is forgotten.
    const { slot, figures } = this.#find(id, generation) as { slot: IpcSlot; figures: Figures };
    const { handed, reclaimed, handoffTimes, handoffErrors } = figures;
    const pending = slot.work.pending.size;
    const delayMs = slot.work.answerDelayMs(clockMs());
    // What is not known.
    out.fill(-1);
    out[Figure.handed] = handed;
    out[Figure.received] = handed - reclaimed - pending;
    out[Figure.pending] = pending;
    out[Figure.open] = slot.work.open.total;
    out[Figure.ended] = figures.ended;
    out[Figure.refused] = figures.refused;
    out[Figure.reclaimed] = reclaimed;
    out[Figure.unfinished] = figures.unfinished;
    out[Figure.lost] = 0;
    out[Figure.released] = 0;
    out[Figure.cpuNs] = slot.cpuNs;
    if (delayMs !== null) out[Figure.loopDelayUs] = delayMs * 1_000;
    out[Figure.hasHandOffErrors] = Object.keys(handoffErrors).length > 0 ? 1 : 0;
    out.set(handoffTimes, Figure.handoffTimes);
  }

  #find(slot: number, generation: number): { slot: IpcSlot; figures: Figures } | undefined {
    return this.#counted.get(keyOf(slot, generation));
  }

  #forget(slot: number, generation: number): void {
    const counted = this.#find(slot, generation);
    if (counted === undefined) return;
    this.#counters.slot(slot).end(counted.figures);
    this.#counted.delete(keyOf(slot, generation));
  }

  counts(): TransportCounts {
    return {
      accepted: this.#accepted,
      waiting: this.#dealer.waiting,
      starvedMs: this.#dealer.starvedMs,
      looking: 0,
      wakeUps: 0,
      idle: { held: 0, moved: 0, ended: 0, timedOut: 0, closed: 0, passedOn: 0, takenOver: 0 },
    };
  }

  queueTimes(): Float64Array {
    return this.#queueTimes;
  }
}

function keyOf(slot: number, generation: number): string {
  return `${slot}:${generation}`;
}
