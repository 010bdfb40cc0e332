/**
 * The worker's part of `rebalance`: which idle connections of HTTP servers go back to the primary while the worker
 * serves on, and, with `'auto'`, saying whether requests are slow here. The primary decides for all workers at once: those
 * that gave theirs back while another did not would have none before long. A connection is looked at once after each of
 * its responses, when the loop has read what there was, so it moves at most once per request. The primary's part is dispatcher/rebalance.ts; a drain has its own (drain/drain.ts).
 */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Rebalance } from '../types/options.js';
import { type Giver, moveIdle } from './move.js';
import { Pace } from './pace.js';

/** Published with each response that has been sent. */
const FINISHED = 'http.server.response.finish';
/** So long a request of the primary's holds, which are idle meanwhile: it asks again. */
const RELIEF_MS = 1_000;

export class Moves {
  readonly #giver: Giver;
  readonly #pace = new Pace();
  /** Since the last look. */
  #answered: Socket[] = [];
  #mode: Rebalance = 'off';
  #areMoving = false;
  /** How many the primary wants back, and until when. */
  #wanted = 0;
  #wantedUntil = 0;
  #isSubscribed = false;

  constructor(giver: Giver) {
    this.#giver = giver;
  }

  get isOn(): boolean {
    return this.#mode !== 'off';
  }

  /** `areMoving`: whether the connections of all workers move after each request, with `'auto'`. */
  setMode(mode: Rebalance, areMoving: boolean): void {
    this.#mode = mode;
    this.#areMoving = areMoving;
    this.#update();
  }

  /** Calls back whenever it is known whether requests are slow. */
  whenPaceIsKnown(tell: (isSlow: boolean) => void): void {
    this.#pace.whenKnown = tell;
  }

  /** Up to so many go back, as they become idle. A later call takes the place of an earlier one. */
  relieve(count: number): void {
    this.#wanted = count;
    this.#wantedUntil = performance.now() + RELIEF_MS;
    this.#update();
  }

  #update(): void {
    const isWanted = this.#mode !== 'off' || this.#wanted > 0;
    if (isWanted === this.#isSubscribed) return;
    this.#isSubscribed = isWanted;
    if (isWanted) subscribe(FINISHED, this.#onFinished);
    else unsubscribe(FINISHED, this.#onFinished);
  }

  readonly #onFinished = (message: unknown): void => {
    if (this.#mode === 'auto') this.#pace.note();
    if (!this.#givesAll && this.#wanted === 0) return;
    if (this.#answered.length === 0) setImmediate(this.#look);
    this.#answered.push((message as { socket: Socket }).socket);
  };

  get #givesAll(): boolean {
    return this.#mode === 'always' || (this.#mode === 'auto' && this.#areMoving);
  }

  readonly #look = (): void => {
    const answered = new Set(this.#answered);
    this.#answered = [];
    if (performance.now() >= this.#wantedUntil) this.#wanted = 0;
    const most = this.#givesAll ? answered.size : this.#wanted;
    const count = moveIdle(answered, this.#giver, { most });
    this.#wanted = Math.max(0, this.#wanted - count);
    this.#update();
  };
}
