/**
 * Asks policies and routes that are functions, and tells of those that do not answer as they should. What they
 * do not decide is dealt by round robin, or by the listener to which it came.
 */

import { inspect } from 'node:util';
import { RondoError } from '../errors.js';
import type { RouteFunction } from '../types/look.js';
import type { PickFunction, PickSlot } from '../types/policy.js';
import type { Listener } from './listener.js';
import { targetOf } from './route.js';
import type { Peer, Routed } from './transport.js';

const ERROR_REPORT_MS = 1000;

/** Stands for the default in the answers. */
const NONE = -1;

/** What is asked, by the option that is the function. */
export type Question = 'policy' | 'route';

const CODES = { policy: 'ERR_RONDO_BAD_PICK', route: 'ERR_RONDO_BAD_ROUTE' } as const;

export class Decider {
  readonly #onError: (error: Error, listener: Listener, question: Question) => void;
  readonly #now: () => number;
  /** When the last error of a listener was told. */
  readonly #reportedAt = {
    policy: new WeakMap<Listener, number>(),
    route: new WeakMap<Listener, number>(),
  };

  /** `onError` is called once a second, listener and question at most. */
  constructor(
    onError: (error: Error, listener: Listener, question: Question) => void,
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
      this.#report('policy', listener, `answered ${shown(wrong[0])}, which is no slot's id`);
    return answers.map((answer) => (isKnown(answer) ? answer : NONE));
  }

  /** A listener's id for each connection, or -1. `open`: the listeners there are. */
  route(listener: Listener, connections: readonly Routed[], open: readonly Listener[]): number[] {
    const decide = listener.routeFunction;
    if (decide === null) return connections.map(() => NONE);
    return connections.map((connection) => {
      const name = this.#name(listener, decide, connection);
      if (name === undefined || name === null) return NONE;
      const target = targetOf(name, listener, open);
      if (target !== null) return target.id;
      const what = `answered ${shown(name)}, which is no open listener without routes`;
      this.#report('route', listener, what);
      return NONE;
    });
  }

  /** What the function answers. */
  #name(listener: Listener, decide: RouteFunction, connection: Routed): unknown {
    try {
      return decide({ ...connection, listener });
    } catch (error) {
      this.#report('route', listener, 'threw an error', error);
      return null;
    }
  }

  onTimedOut(question: Question, listener: Listener, count: number): void {
    this.#report(question, listener, `had no answer in time for ${count} connections`);
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
      this.#report('policy', listener, 'threw an error', error);
      return null;
    }
    const received = Array.isArray(answers) ? `one of ${answers.length}` : shown(answers);
    this.#report('policy', listener, `must return a list of ${peers.length}. Received ${received}`);
    return null;
  }

  #report(question: Question, listener: Listener, what: string, cause?: unknown): void {
    const now = this.#now();
    const reportedAt = this.#reportedAt[question];
    if (now - (reportedAt.get(listener) ?? Number.NEGATIVE_INFINITY) < ERROR_REPORT_MS) return;
    reportedAt.set(listener, now);
    const error = new RondoError(
      CODES[question],
      `The ${question} of the listener '${listener.name}' ${what}`,
      cause === undefined ? undefined : { cause },
    );
    this.#onError(error, listener, question);
  }
}

/** Nothing of the program's is run by it. */
function shown(value: unknown): string {
  return inspect(value, { depth: 0, customInspect: false });
}
