/**
 * The lives of the workers over the last minutes, so that somebody who opens the page late sees what has
 * happened. Bounded by age and by number; made from the Supervisor's events.
 */

import type { Supervisor } from '../../supervisor/supervisor.js';
import type { WorkerInfo } from '../../supervisor/types.js';
import type { Life } from './wire.js';

/** What the page shows of the past, and a little more. */
const KEEP_MS = 6 * 60_000;

/** A program that fails at each start is started several times a second in many seats. */
const MOST_ENDED = 500;

const EVENTS = ['worker:starting', 'worker:ready', 'worker:draining', 'worker:exited'] as const;

export class Lives {
  readonly #supervisor: Supervisor;
  /** By node:cluster's id, in the order of their starts. */
  readonly #all = new Map<number, Life>();
  readonly #changed = new Set<Life>();
  /** In the order of their ends. */
  readonly #ended: Life[] = [];
  readonly #see = (worker: WorkerInfo): void => this.#onWorker(worker);

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    for (const { workers } of supervisor.stats().seats) for (const one of workers) this.#see(one);
    for (const event of EVENTS) supervisor.on(event, this.#see);
  }

  get all(): Life[] {
    this.#forget(Date.now());
    return [...this.#all.values()];
  }

  /** Those that have begun or changed since the last call. */
  takeChanged(): Life[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  close(): void {
    for (const event of EVENTS) this.#supervisor.off(event, this.#see);
  }

  #onWorker({ id, seat, pid, state, livedMs, readyAfterMs, ...info }: WorkerInfo): void {
    const now = Date.now();
    const startedAt = now - livedMs;
    const life: Life = this.#all.get(id) ?? {
      id,
      seat,
      pid,
      startedAt,
      readyAt: null,
      drainingAt: null,
      exitedAt: null,
      reason: null,
      code: null,
      signal: null,
    };
    life.pid = pid ?? life.pid;
    // All by one clock, so that what came later is never before what came first.
    const at = life.startedAt + livedMs;
    if (readyAfterMs !== null) life.readyAt ??= life.startedAt + readyAfterMs;
    if (state === 'draining') life.drainingAt ??= at;
    const { reason, code, signal } = info;
    Object.assign(life, { reason, code, signal });
    if (state === 'exited' && life.exitedAt === null) {
      life.exitedAt = at;
      this.#ended.push(life);
    }
    this.#all.set(id, life);
    this.#changed.add(life);
    this.#forget(now);
  }

  #forget(now: number): void {
    for (;;) {
      const oldest = this.#ended[0];
      if (oldest === undefined || oldest.exitedAt === null) return;
      if (this.#ended.length <= MOST_ENDED && oldest.exitedAt > now - KEEP_MS) return;
      this.#ended.shift();
      this.#all.delete(oldest.id);
      this.#changed.delete(oldest);
    }
  }
}
