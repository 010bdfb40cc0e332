/**
 * What is looked at from time to time: workers that hang, workers that are due to be recycled, and
 * whether anybody is there at all.
 */

import type { ValidSupervisorOptions } from './options.js';
import type { Seat } from './seat.js';
import type { WorkerProcess } from './worker-process.js';

const RECYCLE_CHECK_MS = 1_000;
/** Of the limit: workers that were started together are not all replaced together. */
const RECYCLE_SPREAD = 0.2;
/** After a replacement that failed, for the first time; each further time is twice as long. */
const POSTPONE_MS = 10_000;
const MISSES = 3;
const CHECKS_PER_TIMEOUT = 4;

export interface WatchHost {
  seats(): readonly Seat[];
  /** All that are alive, also in seats that were removed. */
  workers(): readonly WorkerProcess[];
  options(): ValidSupervisorOptions;
  /** Milliseconds since the worker's loop gave a sign of life; null if it is not on the scoreboard. */
  heartbeatAgeMs(worker: WorkerProcess): number | null;
  onHung(worker: WorkerProcess, ageMs: number): void;
  /** Resolves when that is done; false: the worker's replacement failed, and it stays. */
  recycle(seat: Seat, worker: WorkerProcess): Promise<boolean>;
  /** Null without an agent. */
  isAgentReady(): boolean | null;
  onUnhealthy(ready: number): void;
  /** With each look at whether anybody is there. */
  onCheck(): void;
}

export class Watch {
  readonly #host: WatchHost;
  readonly #random: () => number;
  readonly #hangs = new Look(() => this.#checkHung());
  readonly #health = new Look(() => this.#checkHealth());
  readonly #recycling = new Look(() => this.#checkRecycling());
  /** From 1 - RECYCLE_SPREAD to 1, another one for each worker. */
  readonly #shares = new WeakMap<WorkerProcess, number>();
  /** Workers that could not be replaced. */
  readonly #postponed = new WeakMap<WorkerProcess, { until: number; ms: number }>();
  #isStarted = false;
  #lastHangCheck = 0;
  #isRecycling = false;
  #misses = 0;

  constructor(host: WatchHost, random: () => number = Math.random) {
    this.#host = host;
    this.#random = random;
  }

  /**
   * Again after the options have changed, which may be every few hundred milliseconds: reloads that fail, a
   * controller that scales. What is looked at as often as before is not put off by it.
   */
  start(): void {
    const { hangTimeoutMs, healthCheckMs, ...limits } = this.#host.options();
    const { maxConnections, maxAgeMs, maxMemoryMb } = limits;
    const isLimited = maxConnections > 0 || maxAgeMs > 0 || maxMemoryMb > 0;
    this.#isStarted = true;
    if (!this.#hangs.isOn) this.#lastHangCheck = performance.now();
    this.#hangs.every(hangTimeoutMs / CHECKS_PER_TIMEOUT);
    this.#health.every(healthCheckMs);
    this.#recycling.every(isLimited ? RECYCLE_CHECK_MS : 0);
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  stop(): void {
    this.retire();
    this.#hangs.every(0);
  }

  /** All workers are about to end: only those that hang are looked at, which would not. */
  retire(): void {
    this.#isStarted = false;
    this.#health.every(0);
    this.#recycling.every(0);
    this.#misses = 0;
  }

  #checkHung(): void {
    const { hangTimeoutMs } = this.#host.options();
    const now = performance.now();
    const sinceLastMs = now - this.#lastHangCheck;
    this.#lastHangCheck = now;
    // This process itself has stood still, and with it perhaps the whole machine: look again later.
    if (sinceLastMs > hangTimeoutMs) return;
    for (const worker of this.#host.workers()) {
      if (worker.state === 'ready' || worker.state === 'draining') {
        this.#checkOne(worker, hangTimeoutMs);
      }
    }
  }

  /**
   * Whose heartbeat is late is asked, and so is whoever is not on the scoreboard: it drains, has no server
   * there any more, has not got that far, or its receiver has failed. Only one that does not answer hangs.
   */
  #checkOne(worker: WorkerProcess, hangTimeoutMs: number): void {
    const beatMs = worker.state === 'ready' ? this.#host.heartbeatAgeMs(worker) : null;
    const { silentMs } = worker.pulse;
    const lateMs = hangTimeoutMs / CHECKS_PER_TIMEOUT;
    const isHung =
      beatMs === null ? silentMs > hangTimeoutMs : beatMs > hangTimeoutMs && silentMs > lateMs;
    if (isHung) this.#host.onHung(worker, Math.max(beatMs ?? 0, silentMs));
    else if (beatMs === null || beatMs > hangTimeoutMs / 2) worker.pulse.ask();
  }

  /** Never more than one at a time. */
  #checkRecycling(): void {
    const seats = this.#host.seats();
    const due = seats.find(({ current }) => current?.state === 'ready' && this.#isDue(current));
    for (const { current } of seats) if (current?.state === 'ready') current.pulse.ask();
    if (due === undefined || this.#isRecycling) return;
    const worker = due.current as WorkerProcess;
    this.#isRecycling = true;
    void this.#host.recycle(due, worker).then((isReplaced) => {
      this.#isRecycling = false;
      if (!isReplaced) this.#postpone(worker);
    });
  }

  #postpone(worker: WorkerProcess): void {
    const ms = (this.#postponed.get(worker)?.ms ?? POSTPONE_MS / 2) * 2;
    this.#postponed.set(worker, { until: performance.now() + ms, ms });
  }

  #isDue(worker: WorkerProcess): boolean {
    if (performance.now() < (this.#postponed.get(worker)?.until ?? 0)) return false;
    const { maxConnections, maxAgeMs, maxMemoryMb } = this.#host.options();
    const { rssBytes = 0, connections = 0 } = worker.pulse.status ?? {};
    let share = this.#shares.get(worker);
    if (share === undefined) {
      share = 1 - RECYCLE_SPREAD * this.#random();
      this.#shares.set(worker, share);
    }
    return (
      (maxConnections > 0 && connections >= maxConnections * share) ||
      (maxAgeMs > 0 && worker.livedMs >= maxAgeMs * share) ||
      // Not spread: workers do not grow at the same pace, and an operator counts on the limit.
      (maxMemoryMb > 0 && rssBytes > maxMemoryMb * 1e6)
    );
  }

  #checkHealth(): void {
    this.#host.onCheck();
    const ready = this.#host.seats().filter(({ isReady }) => isReady).length;
    const isHealthy = ready > 0 && this.#host.isAgentReady() !== false;
    this.#misses = isHealthy ? 0 : this.#misses + 1;
    if (this.#misses !== MISSES) return;
    this.#misses = 0;
    this.#host.onUnhealthy(ready);
  }
}

/** Does not keep the process running. */
class Look {
  readonly #check: () => void;
  #timer: NodeJS.Timeout | undefined;
  #ms = 0;

  constructor(check: () => void) {
    this.#check = check;
  }

  get isOn(): boolean {
    return this.#ms > 0;
  }

  /** 0: never. Of the same interval as before nothing changes. */
  every(ms: number): void {
    if (ms === this.#ms) return;
    this.#ms = ms;
    clearInterval(this.#timer);
    if (ms > 0) this.#timer = setInterval(this.#check, ms).unref();
  }
}
