/** A timer for the next moment at which something is due. Does not keep the process running. */
export class Alarm {
  readonly #then: () => void;
  #timer: NodeJS.Timeout | null = null;
  #at = Number.POSITIVE_INFINITY;

  constructor(then: () => void) {
    this.#then = then;
  }

  /** In place of what was set before, which may still ring if it was earlier. Infinity: never. */
  set(at: number, now: number): void {
    if (at >= this.#at) return;
    this.#clear();
    this.#at = at;
    this.#timer = setTimeout(() => this.#ring(), Math.max(1, Math.ceil(at - now))).unref();
  }

  stop(): void {
    this.#clear();
    this.#at = Number.POSITIVE_INFINITY;
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #ring(): void {
    this.#timer = null;
    this.#at = Number.POSITIVE_INFINITY;
    this.#then();
  }
}
