/** The `hub` object: checks what it is given, and joins with the first use. */

import type { Handler } from './answers.js';
import { type Counters, statsOf } from './counters.js';
import { type EventIterator, iterateEvents } from './event-iterator.js';
import { Hold } from './hold.js';
import { Incoming } from './incoming.js';
import type { AnyListener } from './listeners.js';
import { eventFrame, requestFrame } from './messages.js';
import {
  checkEvent,
  checkFunction,
  checkTarget,
  DEFAULT_OPTIONS,
  splitRequestOptions,
  type ValidHubOptions,
  validateHubOptions,
} from './options.js';
import type { Outcome } from './queue.js';
import { overflow } from './requests.js';
import { closedError, emitFrame, sendFrame, sendRequest } from './sending.js';
import { Session } from './session.js';
import type { Hub, HubOptions, HubStats, Member, Target } from './types.js';

export class ProcessHub implements Hub {
  #options: ValidHubOptions = DEFAULT_OPTIONS;
  #session: Session | null = null;
  #closing: Promise<void> | null = null;
  readonly #counters: Counters = { sent: 0, received: 0, dropped: 0 };
  readonly #hold = new Hold();
  readonly #iterators = new Set<EventIterator>();
  readonly #onLeft = new Set<(id: string) => void>();
  readonly #incoming = new Incoming({
    counters: this.#counters,
    options: () => this.#options,
    session: () => this.#session,
  });

  async ready(): Promise<void> {
    const session = this.#open();
    await this.#hold.during(session.membership.settled());
    if (this.#closing !== null) throw closedError();
  }

  emit(event: string, ...args: unknown[]): void {
    checkEvent(event);
    const session = this.#open();
    const frame = eventFrame(event, args, this.#options.maxMessageBytes);
    if (session.hasJoined) return emitFrame(session, event, frame);
    const run = (): void => emitFrame(session, event, frame);
    const drop = (): void => {
      this.#counters.dropped++;
    };
    session.outbox.push({ bytes: frame.length, run, drop }, this.#options);
  }

  emitRemote(event: string, ...args: unknown[]): void {
    this.emit(event, ...args);
  }

  emitLocal(event: string, ...args: unknown[]): boolean {
    checkEvent(event);
    return this.#incoming.listeners.call(event, args);
  }

  async sendTo(target: Target, event: string, ...args: unknown[]): Promise<boolean> {
    checkTarget(target);
    checkEvent(event);
    const session = this.#open();
    const frame = eventFrame(event, args, this.#options.maxMessageBytes);
    return this.#hold.during(
      this.#whenJoined(session, event, frame.length, () => {
        const isListening = this.#incoming.listeners.count(event) > 0;
        return sendFrame(session, target, event, frame, isListening, this.#incoming.deliverToSelf);
      }),
    );
  }

  async request(target: Target, event: string, ...all: unknown[]): Promise<unknown> {
    checkTarget(target);
    checkEvent(event);
    const { args, options } = splitRequestOptions(all);
    const session = this.#open();
    const frame = requestFrame(event, args, this.#options.maxMessageBytes);
    const send = (): Promise<unknown> =>
      sendRequest(session, target, event, frame, options, this.#incoming.deliverToSelf);
    if (session.hasJoined) return this.#hold.during(send());
    // Its time runs from now on, and it is not sent when that is over.
    const { requests } = session;
    return this.#hold.during(
      requests.begin(null, event, options, (number) => {
        const sent = this.#whenJoined(session, event, frame.length, () =>
          requests.has(number) ? send() : Promise.resolve(),
        );
        sent.then(
          (value) => requests.resolve(number, value),
          (error) => requests.reject(number, error),
        );
      }),
    );
  }

  handle(event: string, handler: Handler): this {
    checkEvent(event);
    checkFunction('handler', handler);
    this.#open();
    this.#incoming.answers.add(event, handler);
    return this;
  }

  unhandle(event: string): this {
    checkEvent(event);
    this.#incoming.answers.remove(event);
    return this;
  }

  on(event: string, listener: AnyListener): this {
    return this.#listen(event, listener, false);
  }

  addListener(event: string, listener: AnyListener): this {
    return this.#listen(event, listener, false);
  }

  once(event: string, listener: AnyListener): this {
    return this.#listen(event, listener, true);
  }

  off(event: string, listener: AnyListener): this {
    checkEvent(event);
    checkFunction('listener', listener);
    this.#incoming.listeners.remove(event, listener);
    return this;
  }

  removeListener(event: string, listener: AnyListener): this {
    return this.off(event, listener);
  }

  removeAllListeners(event?: string): this {
    if (event !== undefined) checkEvent(event);
    this.#incoming.listeners.removeAll(event);
    return this;
  }

  listenerCount(event: string): number {
    checkEvent(event);
    return this.#incoming.listeners.count(event);
  }

  events(
    event: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<unknown[]> {
    checkEvent(event);
    const listener = (...args: unknown[]): void => made.push(args);
    const made: EventIterator = iterateEvents({
      signal,
      maxWaiting: () => this.#options.maxQueued,
      onDropped: () => {
        this.#counters.dropped++;
      },
      onEnd: () => {
        this.#incoming.listeners.remove(event, listener as AnyListener);
        this.#iterators.delete(made);
      },
    });
    if (signal?.aborted !== true) {
      this.#listen(event, listener as AnyListener, false);
      this.#iterators.add(made);
    }
    return made.iterator;
  }

  sender(): Member | null {
    return this.#incoming.sender;
  }

  self(): Member | null {
    return this.#session?.self ?? null;
  }

  members(): Member[] {
    return this.#open()
      .peers.all()
      .map(({ member }) => member);
  }

  /** Is called with the id of each member that has left, after its last message. Returns what ends that. */
  onLeft(listener: (id: string) => void): () => void {
    this.#onLeft.add(listener);
    return () => void this.#onLeft.delete(listener);
  }

  configure(options: HubOptions): void {
    this.#options = validateHubOptions(options, this.#options);
  }

  stats(): HubStats {
    return statsOf(this.#session, this.#counters);
  }

  close(): Promise<void> {
    this.#closing ??= this.#hold.during(this.#close());
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#session?.close(closedError());
    for (const iterator of this.#iterators) iterator.end();
  }

  /** Throws `ERR_RONDO_CLOSED`, and as a session cannot begin. */
  #open(): Session {
    if (this.#closing !== null) throw closedError();
    if (this.#session !== null) return this.#session;
    const session = new Session({
      counters: this.#counters,
      options: () => this.#options,
      onMessage: (sender, message) => this.#incoming.onMessage(sender, message),
      onLeft: (id) => {
        for (const listener of this.#onLeft) listener(id);
      },
    });
    this.#session = session;
    return session;
  }

  #listen(event: string, listener: AnyListener, isOnce: boolean): this {
    checkEvent(event);
    checkFunction('listener', listener);
    this.#open();
    this.#incoming.listeners.add(event, listener, isOnce);
    return this;
  }

  /** At once, if this process has joined; otherwise in its turn. */
  #whenJoined<T>(
    session: Session,
    event: string,
    bytes: number,
    send: () => Promise<T>,
  ): Promise<T | false> {
    if (session.hasJoined) return send();
    return new Promise((resolve, reject) => {
      const drop = (outcome: Outcome): void => {
        this.#counters.dropped++;
        if (outcome === 'rejected') reject(overflow(event, null));
        else resolve(false);
      };
      session.outbox.push({ bytes, run: () => resolve(send()), drop }, this.#options);
    });
  }
}
