/** How far a reload is, from the Supervisor's events. */

import type { Supervisor } from '../../supervisor/supervisor.js';
import type { WorkerInfo } from '../../supervisor/types.js';
import type { ReloadProgress } from './wire.js';

export class ReloadWatch {
  readonly #supervisor: Supervisor;
  readonly #replaced = new Set<number>();
  #last: Omit<ReloadProgress, 'replaced' | 'seats'> | null = null;
  #seats = 0;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    supervisor.on('reload:begin', this.#onBegin);
    supervisor.on('reload:end', this.#onEnd);
    supervisor.on('reload:failed', this.#onFailed);
    supervisor.on('worker:draining', this.#onDraining);
  }

  /** The one that is under way, or the last one. Null: there was none since this was made. */
  get progress(): ReloadProgress | null {
    if (this.#last === null) return null;
    return { ...this.#last, replaced: this.#replaced.size, seats: this.#seats };
  }

  close(): void {
    this.#supervisor.off('reload:begin', this.#onBegin);
    this.#supervisor.off('reload:end', this.#onEnd);
    this.#supervisor.off('reload:failed', this.#onFailed);
    this.#supervisor.off('worker:draining', this.#onDraining);
  }

  readonly #onBegin = (): void => {
    this.#replaced.clear();
    this.#seats = this.#supervisor.stats().seats.filter(({ state }) => state !== 'closed').length;
    this.#last = { state: 'running', begunAt: Date.now(), endedAt: null };
  };

  /** The old worker of a seat drains as soon as the new one is well. */
  readonly #onDraining = ({ seat, reason, livedMs }: WorkerInfo): void => {
    if (this.#last?.state !== 'running' || reason !== 'reload') return;
    // A new one drains for the same reason when the reload fails.
    if (Date.now() - livedMs < this.#last.begunAt) this.#replaced.add(seat);
  };

  readonly #onEnd = (): void => {
    // Also seats that had no old worker have a new one.
    for (let seat = 0; seat < this.#seats; seat++) this.#replaced.add(seat);
    this.#end('done');
  };

  readonly #onFailed = (): void => this.#end('failed');

  #end(state: 'done' | 'failed'): void {
    if (this.#last !== null) this.#last = { ...this.#last, state, endedAt: Date.now() };
  }
}
