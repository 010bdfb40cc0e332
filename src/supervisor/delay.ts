/** A wait that may be made shorter while it lasts. */

export class Delay {
  #timer: NodeJS.Timeout | undefined;
  #until = 0;
  #then: () => void = () => {};

  /** Resolves when it is over. Keeps the process running. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#then = resolve;
      this.#start(ms);
    });
  }

  /** To so long from now, if that is sooner. */
  shorten(ms: number): void {
    if (this.#timer !== undefined && performance.now() + ms < this.#until) this.#start(ms);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#then();
  }

  #start(ms: number): void {
    clearTimeout(this.#timer);
    this.#until = performance.now() + ms;
    this.#timer = setTimeout(() => this.end(), ms);
  }
}
