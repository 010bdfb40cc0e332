/** Names of events that are set, and those of them that have changed since they were told. */
export class Names {
  readonly #set = new Set<string>();
  readonly #changed = new Set<string>();

  all(): string[] {
    return [...this.#set];
  }

  /** False if it was so already. */
  set(name: string, isSet: boolean): boolean {
    if (this.#set.has(name) === isSet) return false;
    if (isSet) this.#set.add(name);
    else this.#set.delete(name);
    this.#changed.add(name);
    return true;
  }

  /** What has come, and what has gone. */
  takeChanges(): [string[], string[]] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return [
      changed.filter((name) => this.#set.has(name)),
      changed.filter((name) => !this.#set.has(name)),
    ];
  }
}
