/**
 * `rondo/compat/egg-messenger/parent`: the end of a process that has forked the primary, and is told of its life. It is of
 * no family itself, so it does not import the messenger.
 *
 * @module rondo/compat/egg-messenger/parent
 */

import type { ChildProcess } from 'node:child_process';
import { isMessage, type Message } from './messages.js';
import { Sending } from './sending.js';

export type { Message, Party } from './messages.js';
export type { Sending };

/** Messages to and from a primary that this process has forked. By default they are for the master. */
export class ParentMessenger extends Sending {
  readonly #primary: ChildProcess;

  /** `primary`: started with an IPC channel. */
  constructor(primary: ChildProcess) {
    super();
    this.#primary = primary;
    primary.on('message', this.#onMessage);
  }

  /** Nothing comes any more. */
  close(): void {
    this.#primary.off('message', this.#onMessage);
    this.removeAllListeners();
  }

  protected override post(message: Message): void {
    if (this.#primary.connected) this.#primary.send(message, () => {});
  }

  readonly #onMessage = (message: unknown): void => {
    if (isMessage(message)) this.arrive(message);
  };
}
