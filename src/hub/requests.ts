/** Requests of this process that wait for their answer, by number. */

import { RondoError } from '../errors.js';
import type { RemoteFailure } from './messages.js';
import type { Peer } from './peers.js';
import type { Outcome } from './queue.js';
import type { Member, RequestOptions } from './types.js';

const DEFAULT_TIMEOUT_MS = 5_000;
const LARGEST_NUMBER = 2 ** 32 - 1;

interface Pending {
  /** Null: this process itself. */
  readonly peer: Peer | null;
  readonly event: string;
  settle(then: () => void): void;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class Requests {
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  /** Begins one: `send` is given its number, and may throw. */
  begin(
    peer: Peer | null,
    event: string,
    { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: RequestOptions,
    send: (number: number) => void,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const number = this.#next();
      const release = peer?.link.await();
      // It may have waited for a reader, whose state is worth knowing.
      const timer =
        timeoutMs === 0
          ? undefined
          : setTimeout(() => this.reject(number, timeout(event, timeoutMs, peer)), timeoutMs);
      const onAbort = (): void => this.reject(number, signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(number, {
        peer,
        event,
        settle: (then) => {
          this.#pending.delete(number);
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          release?.();
          then();
        },
        resolve,
        reject,
      });
      try {
        send(number);
      } catch (error) {
        this.reject(number, error);
      }
    });
  }

  has(number: number): boolean {
    return this.#pending.has(number);
  }

  resolve(number: number, value: unknown): void {
    const pending = this.#pending.get(number);
    pending?.settle(() => pending.resolve(value));
  }

  reject(number: number, error: unknown): void {
    const pending = this.#pending.get(number);
    pending?.settle(() => pending.reject(error));
  }

  onReply(from: Member, number: number, value: unknown): void {
    if (this.#isOf(from, number)) this.resolve(number, value);
  }

  onError(from: Member, number: number, failure: RemoteFailure): void {
    if (this.#isOf(from, number)) this.reject(number, remoteError(failure, from));
  }

  /** What has become of a request before it was answered. */
  onOutcome(number: number, outcome: Outcome): void {
    if (outcome === 'sent') return;
    const pending = this.#pending.get(number);
    if (pending === undefined) return;
    const { event, peer } = pending;
    this.reject(
      number,
      outcome === 'gone' || outcome === 'lost' ? gone(event, peer) : overflow(event, peer),
    );
  }

  onGone(peer: Peer): void {
    for (const [number, pending] of this.#pending) {
      if (pending.peer === peer) this.reject(number, gone(pending.event, peer));
    }
  }

  rejectAll(error: unknown): void {
    for (const number of this.#pending.keys()) this.reject(number, error);
  }

  /** Of another member than the one that was asked there is no answer. */
  #isOf(from: Member, number: number): boolean {
    const pending = this.#pending.get(number);
    if (pending === undefined) return false;
    return pending.peer === null || pending.peer.member.id === from.id;
  }

  #next(): number {
    do this.#last = this.#last === LARGEST_NUMBER ? 1 : this.#last + 1;
    while (this.#pending.has(this.#last));
    return this.#last;
  }
}

export function gone(event: string, peer: Peer | null, target?: string): RondoError {
  const whom = target ?? nameOf(peer);
  return new RondoError(
    'ERR_RONDO_HUB_GONE',
    `The request '${event}' has no answer: ${whom} is not there, or not any more`,
  );
}

export function overflow(event: string, peer: Peer | null): RondoError {
  return new RondoError(
    'ERR_RONDO_HUB_OVERFLOW',
    `'${event}' was not sent: too many messages wait for ${nameOf(peer)}`,
  );
}

function timeout(event: string, timeoutMs: number, peer: Peer | null): RondoError {
  return new RondoError(
    'ERR_RONDO_HUB_TIMEOUT',
    `The request '${event}' to ${nameOf(peer)} has no answer after ${timeoutMs} ms`,
  );
}

function nameOf(peer: Peer | null): string {
  if (peer === null) return 'this process';
  const { role, seat, pid } = peer.member;
  return `the ${role}${seat === null ? '' : ` ${seat}`} (pid ${pid})`;
}

/** As it was there: its name, message and code. */
function remoteError({ name, message, code }: RemoteFailure, remote: Member): Error {
  const error = Object.assign(new Error(message), { remote });
  if (typeof name === 'string' && name !== 'Error') {
    Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  }
  return code === undefined ? error : Object.assign(error, { code });
}
