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
  /** Workers in a row that were never ready, in whatever time: a slow start may outlast the window. */
  #neverReady = 0;

  /** `random` is from 0 to 1. */
  constructor(limits: RestartLimits, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** The last ones failed one soon after the other. */
  get isFailing(): boolean {
    return this.#quick > 1;
  }

  /**
   * A worker has failed, which was ready for so long, or null if it never was: how many milliseconds to
   * wait, or null to give up.
   */
  next(now: number, servedMs: number | null): number | null {
    const { maxRestarts, restartWindowMs, minUptimeMs } = this.#limits;
    this.#restarts = this.#restarts.filter((at) => now - at < restartWindowMs);
    this.#neverReady = servedMs === null ? this.#neverReady + 1 : 0;
    if (Math.max(this.#restarts.length, this.#neverReady - 1) >= maxRestarts) return null;
    if (servedMs !== null && servedMs >= minUptimeMs) this.#quick = 0;
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
