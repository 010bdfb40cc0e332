/**
 * Hand off, on the ipc transport: a slot's process, from its assignment to its end, and what it says.
 *
 *   new ──hello──▶ welcome ──bad message, lost channel──▶ retired
 *    └───────────────┴──remove()──▶ leaving ◀───────────────┘ ──nothing is pending──▶ gone
 */

import type { ChildProcess } from 'node:child_process';
import { RondoError } from '../../errors.js';
import { asRondoMessage, isToPrimary, type ToPrimary } from '../../protocol/ipc-messages.js';
import { PROTOCOL_VERSION } from '../../protocol/protocol.js';
import type { Candidate } from '../policies.js';
import { isShortage } from './errors.js';
import { type Connection, Pending, sendTo } from './pending.js';

/** Counted over all processes of a slot's number. */
export interface SlotFigures {
  handed: number;
  refused: number;
  reclaimed: number;
  unfinished: number;
  handoffErrors: Record<string, number>;
}

export interface IpcSlotOwner {
  /** What a worker is told in answer to its hello. */
  state(): string;
  onServing(slot: IpcSlot, listeners: number): void;
  onRetired(slot: IpcSlot, error: Error): void;
  onGone(slot: IpcSlot): void;
  onHandOffError(slot: IpcSlot, error: Error): void;
  /** The worker received a connection, whether it keeps it or not. */
  onReceived(): void;
  /** To be dealt again. */
  onReturned(connection: Connection): void;
  /** The slot may have room, or serve something, that it had or did not before. */
  onChange(): void;
}

type SlotState = 'new' | 'welcome' | 'retired' | 'leaving' | 'gone';

/** How long the end of a dead process's channel may take to be read, or news of the death to come. */
const PATIENCE_MS = 1000;
const RECHECK_MS = 10;
const ERROR_REPORT_MS = 1000;
const MOST_REFUSALS = 255;

export class IpcSlot implements Candidate {
  readonly slot: number;
  readonly generation: number;
  active = 0;
  /** From this process. */
  reclaimed = 0;
  /** A hand-off failed for want of something. Until the next tick. */
  isBlocked = false;
  readonly #owner: IpcSlotOwner;
  readonly #child: ChildProcess;
  readonly #figures: SlotFigures;
  readonly #pending: Pending;
  #state: SlotState = 'new';
  #serving = new Set<number>();
  /** Nothing can be sent any more. */
  #isClosing = false;
  /** Nothing comes from the channel any more. */
  #isCut = false;
  #isExited = false;
  /** No error is reported before. */
  #reportAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    slot: number,
    generation: number,
    child: ChildProcess,
    figures: SlotFigures,
    owner: IpcSlotOwner,
  ) {
    this.slot = slot;
    this.generation = generation;
    this.#child = child;
    this.#figures = figures;
    this.#owner = owner;
    this.#pending = new Pending(child, this.#onNotSent);
    child.on('internalMessage', this.#onMessage);
    child.on('disconnect', this.#onCut);
    child.on('exit', this.#onExit);
    sendTo(child, { cmd: 'NODE_RONDO_CALL' });
    // Not connected: spawned without the slot's stdio, or not spawned.
    if (!child.connected) process.nextTick(this.#onCut);
  }

  get pending(): number {
    return this.#pending.size;
  }

  serves(listener: number): boolean {
    return this.#state === 'welcome' && this.#serving.has(listener);
  }

  hasRoom(window: number): boolean {
    return !this.#isClosing && !this.#isExited && !this.isBlocked && this.#pending.size < window;
  }

  handOff(connection: Connection, isFinal: boolean): void {
    this.#figures.handed++;
    this.#pending.send(connection, isFinal);
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
    this.#setState('leaving');
    if (isExited) this.#onExit();
    else sendTo(this.#child, { cmd: 'NODE_RONDO_END' });
    this.#finishIfEmpty();
  }

  /** The same at once: what is pending is left to the worker. */
  abandon(): void {
    this.remove(false);
    this.#pending.abandon();
    this.#finishIfEmpty();
  }

  // ---- what the worker says ----

  readonly #onMessage = (raw: unknown): void => {
    if ((raw as { cmd?: unknown } | null)?.cmd === 'NODE_HANDLE_ACK') this.#pending.acknowledge();
    const message = asRondoMessage(raw);
    if (message === null) return;
    // What came late, from a process that was thought to say nothing more.
    if (this.#isCut || this.#state === 'gone') return;
    if (isToPrimary(message) && this.#handle(message)) return;
    this.#retire('ERR_RONDO_BAD_WORKER', 'sent a message that is wrong at that point');
  };

  /** False: a worker that keeps to the protocol would not have sent it. */
  #handle(message: ToPrimary): boolean {
    switch (message.cmd) {
      case 'NODE_RONDO_HELLO':
        this.#onHello(message.version);
        return true;
      case 'NODE_RONDO_SERVING':
        if (this.#state === 'new') return false;
        if (this.#state !== 'welcome') return true;
        this.#serving = new Set(message.listeners);
        this.#owner.onServing(this, this.#serving.size);
        this.#owner.onChange();
        return true;
      case 'NODE_RONDO_ACTIVE':
        this.active = message.active;
        return true;
      default:
        return this.#onAnswer(message);
    }
  }

  #onHello(version: number): void {
    if (this.#state !== 'new' && this.#state !== 'welcome') return;
    this.#setState('welcome');
    // Answered even so: the worker shall know why it gets nothing.
    this.sendState(this.#owner.state());
    if (version === PROTOCOL_VERSION) return;
    this.#retire(
      'ERR_RONDO_PROTOCOL_VERSION',
      `speaks version ${version} of rondo's protocol and the primary version ` +
        `${PROTOCOL_VERSION}: they need the same version of rondo`,
    );
  }

  #onAnswer(message: Extract<ToPrimary, { id: number }>): boolean {
    const connection = this.#pending.take(message.id);
    if (connection === undefined) return false;
    switch (message.cmd) {
      case 'NODE_RONDO_RECEIVED':
        this.active = message.active;
        connection.handle.close();
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
        this.#owner.onReturned(connection);
        break;
      case 'NODE_RONDO_MISSED':
        this.#countReclaimed();
        this.#onShortage(
          'ERR_RONDO_FDS_LOST',
          new RondoError(
            'ERR_RONDO_FDS_LOST',
            `The worker of slot ${this.slot} had no file descriptor for a connection`,
          ),
        );
        this.#owner.onReturned(connection);
    }
    this.#owner.onChange();
    this.#finishIfEmpty();
    return true;
  }

  // ---- what goes wrong ----

  readonly #onNotSent = (connection: Connection, error: NodeJS.ErrnoException): void => {
    this.#figures.handed--;
    const code = error.code ?? 'UNKNOWN';
    if (isShortage(code)) {
      this.#onShortage(code, error);
    } else {
      this.#countError(code);
      this.#onClosing();
    }
    this.#owner.onReturned(connection);
    this.#owner.onChange();
    this.#finishIfEmpty();
  };

  #onShortage(code: string, error: Error): void {
    this.isBlocked = true;
    this.#countError(code);
    const now = performance.now();
    if (now < this.#reportAt) return;
    this.#reportAt = now + ERROR_REPORT_MS;
    this.#owner.onHandOffError(this, error);
  }

  #countError(code: string): void {
    this.#figures.handoffErrors[code] = (this.#figures.handoffErrors[code] ?? 0) + 1;
  }

  #onClosing(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    // Most likely the process has ended, and its 'exit' is about to come.
    this.#wait(() => this.#retire('ERR_RONDO_CHANNEL', 'has no IPC channel, or has closed it'));
  }

  /** All that the worker has said has been read. */
  readonly #onCut = (): void => {
    if (this.#isCut || this.#state === 'gone') return;
    this.#onClosing();
    this.#isCut = true;
    for (const connection of this.#pending.reclaim()) {
      this.#countReclaimed();
      this.#owner.onReturned(connection);
    }
    this.#owner.onChange();
    this.#finishIfEmpty();
  };

  readonly #onExit = (): void => {
    if (this.#isExited) return;
    this.#isExited = true;
    // Whether it had received what is pending may stand in the channel still. One that does not end
    // is held open by a process of the worker's, which will not answer.
    if (this.#pending.size === 0) return;
    this.#wait(this.#onCut);
    setImmediate(this.#cutIfDisconnected);
  };

  /** Node does not emit 'disconnect' while it waits for an answer to a handle it has sent. */
  readonly #cutIfDisconnected = (): void => {
    if (this.#isCut || this.#state === 'gone') return;
    if (this.#child.connected) setTimeout(this.#cutIfDisconnected, RECHECK_MS).unref();
    else this.#onCut();
  };

  #countReclaimed(): void {
    this.#figures.reclaimed++;
    this.reclaimed++;
  }

  #retire(
    code: 'ERR_RONDO_BAD_WORKER' | 'ERR_RONDO_CHANNEL' | 'ERR_RONDO_PROTOCOL_VERSION',
    why: string,
  ): void {
    if (this.#state !== 'new' && this.#state !== 'welcome') return;
    this.#setState('retired');
    this.#owner.onRetired(this, new RondoError(code, `The worker of slot ${this.slot} ${why}`));
    this.#owner.onChange();
  }

  #finishIfEmpty(): void {
    if (this.#state !== 'leaving' || this.#pending.size > 0) return;
    this.#setState('gone');
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) this.#figures.unfinished += this.active;
    this.active = 0;
    this.#child.off('internalMessage', this.#onMessage);
    this.#child.off('disconnect', this.#onCut);
    this.#child.off('exit', this.#onExit);
    this.#owner.onGone(this);
  }

  #setState(state: SlotState): void {
    this.#state = state;
    if (state === 'gone') clearTimeout(this.#timer);
  }

  #wait(then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, PATIENCE_MS).unref();
  }
}
