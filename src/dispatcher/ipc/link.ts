/**
 * The IPC channel of one process, from its assignment to its end, and when nothing more will come of it.
 *
 *   open ──a message cannot be sent──▶ closing ──▶ cut: all that the worker has said has been read
 *     └────────── 'disconnect', or the exit and nothing more after it ──▲
 */

import type { ChildProcess } from 'node:child_process';
import { after } from '../../hidden-listeners.js';

export interface LinkOwner {
  onMessage(message: unknown): void;
  onCut(): void;
  /** It has been closing or cut for a while, and the process has not ended. */
  onLost(): void;
  /** Answers are outstanding, so the end of the channel has to be read. */
  isExpectant(): boolean;
}

/** How long the end of a dead process's channel may take to be read, or news of the death to come. */
const PATIENCE_MS = 1000;
const RECHECK_MS = 10;

export class Link {
  readonly #child: ChildProcess;
  readonly #owner: LinkOwner;
  readonly #stopListening: ReadonlyArray<() => void>;
  #state: 'open' | 'closing' | 'cut' | 'closed' = 'open';
  #isExited = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, owner: LinkOwner) {
    this.#child = child;
    this.#owner = owner;
    this.#stopListening = [
      after(child, 'internalMessage', this.#onMessage),
      after(child, 'disconnect', this.#cut),
      after(child, 'exit', this.#onExit),
    ];
    // Not connected: spawned without the slot's stdio, or not spawned.
    if (!child.connected) process.nextTick(this.#cut);
  }

  /** Something may be sent. */
  get isOpen(): boolean {
    return this.#state === 'open' && !this.#isExited;
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Something could not be sent. */
  noteFailure(): void {
    this.#close();
  }

  /** The process has ended. */
  noteExit(): void {
    this.#onExit();
  }

  /** Its messages are not listened to any more. */
  release(): void {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    for (const stop of this.#stopListening) stop();
  }

  readonly #onMessage = (message: unknown): void => {
    // Late, from a process that was thought to say nothing more.
    if (this.#state !== 'cut') this.#owner.onMessage(message);
  };

  #close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    // Most likely the process has ended, and its 'exit' is about to come.
    this.#wait(() => this.#owner.onLost());
  }

  readonly #cut = (): void => {
    if (this.#state === 'cut' || this.#state === 'closed') return;
    this.#close();
    this.#state = 'cut';
    this.#owner.onCut();
  };

  readonly #onExit = (): void => {
    if (this.#isExited) return;
    this.#isExited = true;
    // Whether it had received what is pending may stand in the channel still. One that does not end
    // is held open by a process of the worker's, which will not answer.
    if (!this.#owner.isExpectant()) return;
    this.#wait(this.#cut);
    setImmediate(this.#cutIfDisconnected);
  };

  /** Node does not emit 'disconnect' while it waits for an answer to a handle it has sent. */
  readonly #cutIfDisconnected = (): void => {
    if (this.#state === 'cut' || this.#state === 'closed') return;
    if (this.#child.connected) setTimeout(this.#cutIfDisconnected, RECHECK_MS).unref();
    else this.#cut();
  };

  #wait(then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, PATIENCE_MS).unref();
  }
}
