/**
 * Hand off, on the ipc transport: a slot's process, from its assignment to its end, and what it says.
 *
 *   new ──hello──▶ welcome ──bad message, lost channel──▶ retired
 *    └───────────────┴──remove()──▶ leaving ◀───────────────┘ ──nothing is pending──▶ gone
 */

import type { ChildProcess } from 'node:child_process';
import { RondoError } from '../../errors.js';
import {
  asRondoMessage,
  type EndedCounts,
  isToPrimary,
  type ToPrimary,
} from '../../protocol/ipc-messages.js';
import { PROTOCOL_VERSION } from '../../protocol/protocol.js';
import type { SlotOptions } from '../../types/options.js';
import { clockMs } from './clock.js';
import type { Connection } from './connection.js';
import { cpuTimeNs } from './cpu-time.js';
import { isShortage } from './errors.js';
import { countIn, type Figures, noteTime, Report } from './figures.js';
import { Link } from './link.js';
import { sendTo } from './pending.js';
import { Work } from './work.js';

export interface IpcSlotOwner {
  options(slot: number): Required<SlotOptions>;
  /** What a worker is told in answer to its hello. */
  state(): string;
  /** `begun`: the listeners that it did not serve before. */
  onServing(slot: IpcSlot, listeners: number, begun: readonly number[]): void;
  onRetired(slot: IpcSlot, error: Error): void;
  onGone(slot: IpcSlot): void;
  onHandOffError(slot: IpcSlot, error: Error): void;
  /** The worker received a connection, whether it keeps it or not. */
  onReceived(): void;
  /** One was answered that had waited so long before it was sent. */
  onQueued(ms: number): void;
  /** To be dealt again: the worker has sent it back, or did not get it. */
  onRefused(connection: Connection): void;
  onUndelivered(connection: Connection, slot: IpcSlot): void;
  /** The slot may have room, or serve something, that it had or did not before. */
  onChange(): void;
}

const MOST_REFUSALS = 255;

export class IpcSlot {
  readonly slot: number;
  readonly generation: number;
  readonly work: Work;
  /** From this process. */
  reclaimed = 0;
  /** A hand-off failed because something was missing. Until the next tick. */
  isBlocked = false;
  readonly #owner: IpcSlotOwner;
  readonly #child: ChildProcess;
  readonly #figures: Figures;
  readonly #link: Link;
  readonly #report = new Report();
  #state: 'new' | 'welcome' | 'retired' | 'leaving' | 'gone' = 'new';
  #serving = new Set<number>();

  constructor(
    slot: number,
    generation: number,
    child: ChildProcess,
    figures: Figures,
    owner: IpcSlotOwner,
  ) {
    this.slot = slot;
    this.generation = generation;
    this.#child = child;
    this.#figures = figures;
    this.#owner = owner;
    this.work = new Work(child, this.#onNotSent);
    this.#link = new Link(child, {
      onMessage: (message) => this.#onMessage(message),
      onCut: () => this.#onCut(),
      onLost: () => this.#retire('ERR_RONDO_CHANNEL', 'has no IPC channel, or has closed it'),
      isExpectant: () => this.work.pending.size > 0,
    });
    sendTo(child, { cmd: 'NODE_RONDO_CALL' });
  }

  // ---- what it has ----

  get weight(): number {
    return this.#owner.options(this.slot).weight;
  }

  get isAtLimit(): boolean {
    const { maxConnections } = this.#owner.options(this.slot);
    return maxConnections !== null && this.work.load >= maxConnections;
  }

  serves(listener: number): boolean {
    return this.#state === 'welcome' && this.#serving.has(listener);
  }

  /** How many more can be handed to it. */
  room(window: number): number {
    const room = window - this.work.pending.size;
    return room <= 0 || !this.#link.isOpen || this.isBlocked || this.isAtLimit ? 0 : room;
  }

  /** Of its process, while that is there: the pid may be another's later. */
  get cpuNs(): number {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null ? 0 : cpuTimeNs(pid);
  }

  // ---- what it is told ----

  handOff(connection: Connection, isFinal: boolean): void {
    this.#figures.handed++;
    this.work.send(connection, isFinal);
  }

  sendState(text: string): void {
    if (this.#state !== 'welcome') return;
    sendTo(this.#child, { cmd: 'NODE_RONDO_STATE', version: PROTOCOL_VERSION, state: text });
  }

  /**
   * Nothing more is handed off. `onGone` follows when what is pending is received, refused, or, if
   * the process ends before, reclaimed.
   */
  remove(isExited: boolean): void {
    if (this.#state === 'leaving' || this.#state === 'gone') return;
    this.#state = 'leaving';
    if (isExited) this.#link.noteExit();
    else sendTo(this.#child, { cmd: 'NODE_RONDO_END' });
    this.#finishIfEmpty();
  }

  /** The same at once: what is pending is left to the worker. */
  abandon(): void {
    this.remove(false);
    this.work.pending.abandon();
    this.#finishIfEmpty();
  }

  /**
   * Its process has ended. A released one no longer says what it closes: what it had open it has ended, if it
   * ended in order.
   */
  noteExit(code: number | null): void {
    if (this.#state !== 'gone' || this.#link.hasExited) return;
    if (code === 0) this.#figures.ended += this.work.open.total;
    else this.#figures.unfinished += this.work.open.total;
    this.work.open.clear();
  }

  // ---- what the worker says ----

  #onMessage(raw: unknown): void {
    if ((raw as { cmd?: unknown } | null)?.cmd === 'NODE_HANDLE_ACK') {
      return this.work.pending.acknowledge();
    }
    const message = asRondoMessage(raw);
    if (message === null) return;
    if (isToPrimary(message) && this.#handle(message)) return;
    this.#retire('ERR_RONDO_BAD_WORKER', 'sent a message that is wrong at that point');
  }

  /** False: a worker that keeps to the protocol would not have sent it. */
  #handle(message: ToPrimary): boolean {
    switch (message.cmd) {
      case 'NODE_RONDO_HELLO':
        this.#onHello(message.version);
        return true;
      case 'NODE_RONDO_SERVING':
        if (this.#state === 'new') return false;
        if (this.#state === 'welcome') this.#onServing(message.listeners);
        return true;
      case 'NODE_RONDO_ENDED':
        if (!this.#onEnded(message.ended)) return false;
        this.#owner.onChange();
        return true;
      default:
        return this.#onAnswer(message);
    }
  }

  #onHello(version: number): void {
    if (this.#state !== 'new' && this.#state !== 'welcome') return;
    this.#state = 'welcome';
    // Answered even so: the worker shall know why it gets nothing.
    this.sendState(this.#owner.state());
    if (version === PROTOCOL_VERSION) return;
    this.#retire(
      'ERR_RONDO_PROTOCOL_VERSION',
      `speaks version ${version} of rondo's protocol and the primary version ` +
        `${PROTOCOL_VERSION}: they need the same version of rondo`,
    );
  }

  #onServing(listeners: number[]): void {
    const begun = listeners.filter((listener) => !this.#serving.has(listener));
    this.#serving = new Set(listeners);
    this.#owner.onServing(this, this.#serving.size, begun);
    this.#owner.onChange();
  }

  #onAnswer(message: Extract<ToPrimary, { id: number }>): boolean {
    const connection = this.work.answer(message.id);
    if (connection === undefined) return false;
    this.#owner.onQueued(connection.queuedMs);
    switch (message.cmd) {
      case 'NODE_RONDO_RECEIVED':
        noteTime(this.#figures.handoffTimes, clockMs() - connection.acceptedAt);
        this.work.open.add(connection.listener);
        connection.handle.close();
        if (!this.#onEnded(message.ended ?? [])) return false;
        this.#owner.onReceived();
        break;
      case 'NODE_RONDO_REFUSED':
        this.#figures.refused++;
        this.#owner.onReceived();
        // One that no longer serves the listener is not asked again anyway; and if it serves it
        // again later, it may be asked.
        if (this.serves(connection.listener) && connection.refusedBy.length < MOST_REFUSALS) {
          connection.refusedBy.push(this);
        }
        this.#owner.onRefused(connection);
        break;
      case 'NODE_RONDO_MISSED':
        this.#onShortage(
          'ERR_RONDO_FDS_LOST',
          new RondoError(
            'ERR_RONDO_FDS_LOST',
            `The worker of slot ${this.slot} had no file descriptor for a connection`,
          ),
        );
        this.#reclaim(connection);
    }
    this.#owner.onChange();
    this.#finishIfEmpty();
    return true;
  }

  #onEnded(counts: EndedCounts): boolean {
    for (const [listener, count] of counts) {
      if (!this.work.open.end(listener, count)) return false;
      this.#figures.ended += count;
    }
    return true;
  }

  // ---- what goes wrong ----

  readonly #onNotSent = (connection: Connection, error: NodeJS.ErrnoException): void => {
    this.#figures.handed--;
    const code = error.code ?? 'UNKNOWN';
    if (isShortage(code)) {
      this.#onShortage(code, error);
    } else {
      countIn(this.#figures.handoffErrors, code);
      this.#link.noteFailure();
    }
    this.#owner.onUndelivered(connection, this);
    this.#owner.onChange();
    this.#finishIfEmpty();
  };

  #onShortage(code: string, error: Error): void {
    this.isBlocked = true;
    countIn(this.#figures.handoffErrors, code);
    if (this.#report.isDue()) this.#owner.onHandOffError(this, error);
  }

  #onCut(): void {
    for (const connection of this.work.pending.reclaim()) this.#reclaim(connection);
    this.#owner.onChange();
    this.#finishIfEmpty();
  }

  #reclaim(connection: Connection): void {
    this.#figures.reclaimed++;
    this.reclaimed++;
    this.#owner.onUndelivered(connection, this);
  }

  #retire(
    code: 'ERR_RONDO_BAD_WORKER' | 'ERR_RONDO_CHANNEL' | 'ERR_RONDO_PROTOCOL_VERSION',
    why: string,
  ): void {
    if (this.#state !== 'new' && this.#state !== 'welcome') return;
    this.#state = 'retired';
    this.#owner.onRetired(this, new RondoError(code, `The worker of slot ${this.slot} ${why}`));
    this.#owner.onChange();
  }

  #finishIfEmpty(): void {
    if (this.#state !== 'leaving' || this.work.pending.size > 0) return;
    this.#state = 'gone';
    if (this.#link.hasExited) this.#figures.unfinished += this.work.open.total;
    this.#link.release();
    this.#owner.onGone(this);
  }
}
