/**
 * When a failed worker is replaced. The first time at once; one that fails soon after it was ready, after
 * a wait that doubles; after too many failures not at all. Pure: the caller has the clock.
 */

export interface RestartLimits {
  maxRestarts: number;
  restartWindowMs: number;
  minUptimeMs: number;
  backoffMinMs: number;
  backoffMaxMs: number;
}

export class RestartPolicy {
  readonly #limits: RestartLimits;
  readonly #random: () => number;
  /** When, within the window, a worker was replaced. */
  #restarts: number[] = [];
  /** Restarts in a row of workers that served too short. */
  #quick = 0;

  /** `random` is from 0 to 1. */
  constructor(limits: RestartLimits, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** A worker has failed: how many milliseconds to wait, or null to give up. */
  next(now: number, servedMs: number): number | null {
    const { maxRestarts, restartWindowMs, minUptimeMs } = this.#limits;
    this.#restarts = this.#restarts.filter((at) => now - at < restartWindowMs);
    if (this.#restarts.length >= maxRestarts) return null;
    if (servedMs >= minUptimeMs) this.#quick = 0;
    const delayMs = this.#delayMs();
    this.#quick++;
    this.#restarts.push(now + delayMs);
    return delayMs;
  }

  /** Of several seats that fail for the same reason, not all come back in the same instant. */
  #delayMs(): number {
    if (this.#quick === 0) return 0;
    const { backoffMinMs, backoffMaxMs } = this.#limits;
    const fullMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** (this.#quick - 1));
    return Math.round(fullMs * (0.5 + this.#random() / 2));
  }
}
