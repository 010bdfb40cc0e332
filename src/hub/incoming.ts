/**
 * What becomes of a message that has come in: listeners are called, requests are answered, answers settle
 * the requests of this process.
 */

import { Answers } from './answers.js';
import type { Counters } from './counters.js';
import { LENGTH_BYTES } from './frames.js';
import type { Sender } from './inbox.js';
import { Listeners } from './listeners.js';
import { type Message, MessageType, readMessage } from './messages.js';
import type { ValidHubOptions } from './options.js';
import type { Session } from './session.js';
import type { Member } from './types.js';

export interface IncomingHost {
  readonly counters: Counters;
  options(): ValidHubOptions;
  session(): Session | null;
}

export class Incoming {
  readonly listeners: Listeners;
  readonly answers: Answers;
  readonly #host: IncomingHost;
  #sender: Member | null = null;

  constructor(host: IncomingHost) {
    this.#host = host;
    this.listeners = new Listeners((event, isListening) =>
      host.session()?.membership.setListening(event, isListening),
    );
    this.answers = new Answers(
      () => host.options().maxMessageBytes,
      (event, isHandling) => host.session()?.membership.setHandling(event, isHandling),
    );
  }

  /** Of the message that is delivered now. */
  get sender(): Member | null {
    return this.#sender;
  }

  onMessage({ member, address }: Sender, message: Message): void {
    this.#host.counters.received++;
    const before = this.#sender;
    this.#sender = member;
    try {
      this.#deliver(member, address, message);
    } finally {
      this.#sender = before;
    }
  }

  /** Cloned, and later, as to any other. */
  readonly deliverToSelf = (frame: Buffer): void => {
    const { self } = this.#host.session() as Session;
    const message = readMessage(frame.subarray(LENGTH_BYTES));
    process.nextTick(() => this.onMessage({ member: self, address: null }, message));
  };

  #deliver(from: Member, address: string | null, message: Message): void {
    const { requests } = this.#host.session() as Session;
    switch (message.type) {
      case MessageType.event:
        this.listeners.call(message.name, message.args, throwLater);
        return;
      case MessageType.request:
        this.answers.answer(message.name, message.args, message.number, (frame) => {
          if (address === null) this.deliverToSelf(frame);
          else (this.#host.session() as Session).linkTo(from, address).send(frame);
        });
        return;
      case MessageType.reply:
        return requests.onReply(from, message.number, message.value);
      case MessageType.error:
        return requests.onError(from, message.number, message.failure);
    }
  }
}

/** An uncaught exception of the program, as with an EventEmitter; the messages behind it are delivered first. */
function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
