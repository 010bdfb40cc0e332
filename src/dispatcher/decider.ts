/**
 * Asks policies that are functions, and tells of those that do not answer as they should. What they do not
 * decide is dealt by round robin, so nothing that a function does can cost a connection.
 */

import { inspect } from 'node:util';
import { RondoError } from '../errors.js';
import type { PickFunction, PickSlot } from '../types.js';
import type { Listener } from './listener.js';
import type { Peer } from './transport.js';

const ERROR_REPORT_MS = 1000;

/** Stands for the default in the answers. */
const NONE = -1;

export class Decider {
  readonly #onError: (error: Error, listener: Listener) => void;
  readonly #now: () => number;
  /** When the last error of a listener was told. */
  readonly #reportedAt = new WeakMap<Listener, number>();

  /** `onError` is called once a second and listener at most. */
  constructor(
    onError: (error: Error, listener: Listener) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#onError = onError;
    this.#now = now;
  }

  /** A slot's number for each peer, or -1. */
  ask(listener: Listener, peers: readonly Peer[], slots: readonly PickSlot[]): number[] {
    const none = peers.map(() => NONE);
    const { decide } = listener.policy;
    // The policy has just been changed.
    if (decide === null) return none;
    const answers = this.#call(listener, decide, peers, slots);
    if (answers === null) return none;
    const isKnown = (id: unknown): id is number => slots.some((slot) => slot.id === id);
    const wrong = answers.filter((answer) => answer !== null && !isKnown(answer));
    if (wrong.length > 0)
      this.#report(listener, `answered ${shown(wrong[0])}, which is no slot's id`);
    return answers.map((answer) => (isKnown(answer) ? answer : NONE));
  }

  onTimedOut(listener: Listener, count: number): void {
    this.#report(listener, `had no answer in time for ${count} connections`);
  }

  /** Its list, of the right length; else null. */
  #call(
    listener: Listener,
    decide: PickFunction,
    peers: readonly Peer[],
    slots: readonly PickSlot[],
  ): unknown[] | null {
    let answers: unknown;
    try {
      // Copies, so that it can do with them what it likes.
      answers = decide(
        peers.map((peer) => ({ ...peer, listener })),
        slots.map((slot) => ({ ...slot })),
      );
      if (Array.isArray(answers) && answers.length === peers.length) return [...answers];
    } catch (error) {
      this.#report(listener, 'threw an error', error);
      return null;
    }
    const received = Array.isArray(answers) ? `one of ${answers.length}` : shown(answers);
    this.#report(listener, `must return a list of ${peers.length}. Received ${received}`);
    return null;
  }

  #report(listener: Listener, what: string, cause?: unknown): void {
    const now = this.#now();
    if (now - (this.#reportedAt.get(listener) ?? Number.NEGATIVE_INFINITY) < ERROR_REPORT_MS)
      return;
    this.#reportedAt.set(listener, now);
    const error = new RondoError(
      'ERR_RONDO_BAD_PICK',
      `The policy of the listener '${listener.name}' ${what}`,
      cause === undefined ? undefined : { cause },
    );
    this.#onError(error, listener);
  }
}

/** Nothing of the program's is run by it. */
function shown(value: unknown): string {
  return inspect(value, { depth: 0, customInspect: false });
}
