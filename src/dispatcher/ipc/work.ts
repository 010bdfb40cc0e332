/** What one worker has: what it was handed and what it has received, and how it answers. */

import type { ChildProcess } from 'node:child_process';
import { clockMs } from './clock.js';
import type { Connection } from './connection.js';
import { type HandOff, type OnNotSent, Pending } from './pending.js';

/** Without an answer for so long, a worker that has something pending does not keep up. */
const PATIENCE_MS = 6;

export class Work {
  readonly pending: Pending;
  readonly open = new OpenConnections();
  readonly #delay = new AnswerDelay();
  #quietSince = 0;

  constructor(child: ChildProcess, onNotSent: OnNotSent) {
    this.pending = new Pending(child, onNotSent);
  }

  /** Pending and open together. */
  get load(): number {
    return this.pending.size + this.open.total;
  }

  loadOf(listener: number): number {
    return this.pending.countOf(listener) + this.open.of(listener);
  }

  /** When it answered last, or got something to answer. */
  get quietSince(): number {
    return this.#quietSince;
  }

  keepsUp(now: number): boolean {
    return this.pending.size === 0 || now - this.#quietSince < PATIENCE_MS;
  }

  /** How long its answers have recently taken; null if it has not been asked for any. */
  answerDelayMs(now: number): number | null {
    const { oldestSentAt } = this.pending;
    const known = this.#delay.read(now);
    return oldestSentAt === null ? known : Math.max(now - oldestSentAt, known ?? 0);
  }

  send(connection: Connection, isFinal: boolean): void {
    const now = clockMs();
    if (this.pending.size === 0) this.#quietSince = now;
    connection.queuedMs = now - connection.queuedAt;
    this.pending.send(connection, isFinal, now);
  }

  /** What the worker answers to, which is pending no more. */
  answer(id: number): Connection | undefined {
    const handOff: HandOff | undefined = this.pending.take(id);
    if (handOff === undefined) return undefined;
    const now = clockMs();
    this.#quietSince = now;
    this.#delay.note(now, now - handOff.sentAt);
    return handOff.connection;
  }
}

/** The connections that a worker has received and that have not ended. */
class OpenConnections {
  /** By listener. */
  readonly #byListener = new Map<number, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(listener: number): number {
    return this.#byListener.get(listener) ?? 0;
  }

  clear(): void {
    this.#byListener.clear();
    this.#total = 0;
  }

  add(listener: number): void {
    this.#byListener.set(listener, this.of(listener) + 1);
    this.#total++;
  }

  /** False: it has not so many. */
  end(listener: number, count: number): boolean {
    const open = this.of(listener);
    if (count > open) return false;
    this.#byListener.set(listener, open - count);
    this.#total -= count;
    return true;
  }
}

/** What is left of the delay after each step. */
const LEFT_PER_STEP = 7 / 8;
const STEP_MS = 100;

/** The longest recent answer, which is about how long the worker's loop takes to come round. */
class AnswerDelay {
  #delayMs = 0;
  #at: number | null = null;

  note(now: number, delayMs: number): void {
    this.#delayMs = Math.max(delayMs, this.read(now) ?? 0);
    this.#at = now;
  }

  /** Null before the first answer. */
  read(now: number): number | null {
    if (this.#at === null) return null;
    return this.#delayMs * LEFT_PER_STEP ** ((now - this.#at) / STEP_MS);
  }
}
