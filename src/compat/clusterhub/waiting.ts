/**
 * What was said when a worker had been forked and was not there yet. clusterhub sends nothing before all workers
 * are there; here those that are there get it at once, and the others when they come. So does what the primary says
 * before it has forked any.
 */

import cluster, { type Worker } from 'node:cluster';
import { split } from './functions.js';

/** How many messages are kept for one. */
const MOST = 1_000;

export interface Said {
  hub: string;
  event: string;
  values: unknown[];
  functions: Array<[number, unknown]>;
}

class Kept {
  readonly all: Said[] = [];
  dropped = 0;

  add(said: Said): void {
    this.all.push(said);
    if (this.all.length <= MOST) return;
    this.all.shift();
    this.dropped++;
  }

  copy(): Kept {
    const copy = new Kept();
    copy.all.push(...this.all);
    copy.dropped = this.dropped;
    return copy;
  }
}

export class Waiting {
  /** By pid. */
  readonly #workers = new Map<number, Kept>();
  /** From before the first worker was there. */
  #early: Kept | null = new Kept();

  /** `onEmpty`: nobody is waited for any more. */
  constructor(onEmpty: () => void) {
    const forget = ({ process: { pid } }: Worker): void => {
      if (this.#workers.delete(pid as number) && this.#workers.size === 0) onEmpty();
    };
    for (const worker of Object.values(cluster.workers ?? {})) {
      if (worker !== undefined) this.#wait(worker);
    }
    cluster.on('fork', (worker) => this.#wait(worker));
    cluster.on('disconnect', forget);
    cluster.on('exit', forget);
  }

  /** Whether workers are forked that are not there yet, or none has ever been there. */
  get isAny(): boolean {
    return this.#workers.size > 0 || this.#early !== null;
  }

  /** `by`: the pid of who said it, which does not get it back. */
  keep(hub: string, event: string, args: readonly unknown[], by: number | null): void {
    if (!this.isAny) return;
    const { values, functions } = split(args);
    // Whoever said it may change it before it is read.
    const said: Said = { hub, event, values: structuredClone(values), functions };
    this.#early?.add(said);
    for (const [pid, kept] of this.#workers) if (pid !== by) kept.add(said);
  }

  isWaitingFor(pid: number | null): boolean {
    return pid !== null && this.#workers.has(pid);
  }

  /** How many messages could not be kept for a process that comes. */
  droppedFor(pid: number | null): number {
    return pid === null ? 0 : (this.#workers.get(pid)?.dropped ?? 0);
  }

  /** What was kept for a process that is there now. */
  take(pid: number | null): Said[] {
    if (pid === null) return [];
    const kept = this.#workers.get(pid)?.all ?? [];
    this.#workers.delete(pid);
    this.#early = null;
    return kept;
  }

  #wait({ process: { pid } }: Worker): void {
    // A fork that failed has no pid.
    if (pid !== undefined) this.#workers.set(pid, this.#early?.copy() ?? new Kept());
  }
}
