/** What is known of a worker process, for events and stats. It changes as the process does. */

import type { Address, Worker } from 'node:cluster';
import type { DrainCounts } from '../drain/types.js';
import type { WorkerInfo, WorkerReason, WorkerState } from './types.js';

export class WorkerRecord {
  readonly seat: number;
  readonly worker: Worker;
  readonly startedAt = performance.now();
  state: WorkerState = 'starting';
  /** The first one stays. */
  reason: WorkerReason | null = null;
  code: number | null = null;
  signal: NodeJS.Signals | null = null;
  readyAt: number | null = null;
  exitedAt: number | null = null;
  readonly listening: Address[] = [];
  /** Its main module has been evaluated. */
  isLoaded = false;
  drained: DrainCounts | null = null;

  constructor(seat: number, worker: Worker) {
    this.seat = seat;
    this.worker = worker;
  }

  get livedMs(): number {
    return (this.exitedAt ?? performance.now()) - this.startedAt;
  }

  /** How long it was there for connections; null if it never was. */
  get servedMs(): number | null {
    return this.readyAt === null ? null : (this.exitedAt ?? performance.now()) - this.readyAt;
  }

  info(): WorkerInfo {
    return {
      seat: this.seat,
      id: this.worker.id,
      pid: this.worker.process.pid ?? null,
      state: this.state,
      reason: this.reason,
      code: this.code,
      signal: this.signal,
      livedMs: Math.round(this.livedMs),
      readyAfterMs: this.readyAt === null ? null : Math.round(this.readyAt - this.startedAt),
      listening: [...this.listening],
      drained: this.drained,
    };
  }
}
