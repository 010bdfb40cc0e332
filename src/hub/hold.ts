/** Keeps the process running while something is awaited; nothing else of the hub does. */
export class Hold {
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  during<T>(promise: Promise<T>): Promise<T> {
    if (this.#count++ === 0) this.#timer = setInterval(() => {}, 2 ** 31 - 1);
    const release = (): void => {
      if (--this.#count === 0) clearInterval(this.#timer);
    };
    promise.then(release, release);
    return promise;
  }
}
