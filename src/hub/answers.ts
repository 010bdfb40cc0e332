/** What is answered to requests of others: the handlers' replies and errors. */

import { RondoError } from '../errors.js';
import { MessageType, type RemoteFailure, replyFrame } from './messages.js';

export type Handler = (...args: never[]) => unknown;

/** Sends the frame of an answer to who has asked. */
type Answer = (frame: Buffer) => void;

export class Answers {
  readonly #handlers = new Map<string, Handler>();
  readonly #maxBytes: () => number;
  readonly #onChange: (event: string, isHandling: boolean) => void;

  constructor(maxBytes: () => number, onChange: (event: string, isHandling: boolean) => void) {
    this.#maxBytes = maxBytes;
    this.#onChange = onChange;
  }

  /** Throws `ERR_RONDO_HUB_HANDLED`. */
  add(event: string, handler: Handler): void {
    if (this.#handlers.has(event)) {
      throw new RondoError(
        'ERR_RONDO_HUB_HANDLED',
        `The event '${event}' has a handler already; unhandle('${event}') removes it`,
      );
    }
    this.#handlers.set(event, handler);
    this.#onChange(event, true);
  }

  remove(event: string): void {
    if (this.#handlers.delete(event)) this.#onChange(event, false);
  }

  /** Never throws: what a handler throws is answered. */
  answer(event: string, args: unknown[], number: number, answer: Answer): void {
    const handler = this.#handlers.get(event);
    if (handler === undefined) {
      const error = new RondoError(
        'ERR_RONDO_HUB_NO_HANDLER',
        `The process ${process.pid} has no handler for the event '${event}'`,
      );
      return this.#answerError(number, error, answer);
    }
    let reply: unknown;
    try {
      reply = (handler as (...args: unknown[]) => unknown)(...args);
    } catch (error) {
      return this.#answerError(number, error, answer);
    }
    if (!isThenable(reply)) return this.#answerValue(number, reply, answer);
    Promise.resolve(reply).then(
      (value) => this.#answerValue(number, value, answer),
      (error) => this.#answerError(number, error, answer),
    );
  }

  #answerValue(number: number, value: unknown, answer: Answer): void {
    let frame: Buffer;
    try {
      frame = replyFrame(MessageType.reply, number, value, this.#maxBytes());
    } catch (error) {
      return this.#answerError(number, error, answer);
    }
    answer(frame);
  }

  #answerError(number: number, error: unknown, answer: Answer): void {
    answer(replyFrame(MessageType.error, number, failureOf(error), MOST_FAILURE_BYTES));
  }
}

const LONGEST_MESSAGE = 10_000;
/** Of three texts as long as that, in two bytes a character. */
const MOST_FAILURE_BYTES = 100_000;

function failureOf(error: unknown): RemoteFailure {
  if (!(error instanceof Error)) return { name: 'Error', message: cut(String(error)) };
  const { name, message, code } = error as NodeJS.ErrnoException;
  const failure = { name: cut(String(name)), message: cut(String(message)) };
  if (typeof code === 'number') return { ...failure, code };
  return typeof code === 'string' ? { ...failure, code: cut(code) } : failure;
}

function cut(text: string): string {
  return text.slice(0, LONGEST_MESSAGE);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
