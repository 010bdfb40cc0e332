/** A map's values in the memory of a primary without the addon, each until a time or for ever. */

export class PlainMap {
  readonly #capacity: number;
  readonly #now: () => number;
  /** Those that were set longest ago come first. */
  readonly #values = new Map<string, { value: Uint8Array; until: number }>();
  /** Nothing expires before. */
  #nothingUntil = Number.POSITIVE_INFINITY;

  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity;
    this.#now = now;
  }

  get(key: string): Uint8Array | undefined {
    const found = this.#values.get(key);
    if (found === undefined || found.until > this.#now()) return found?.value;
    this.#values.delete(key);
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** `ttlMs` 0: for ever. False: there is no room. */
  set(key: string, value: Uint8Array, ttlMs: number, whenFull: 'refuse' | 'evict'): boolean {
    const now = this.#now();
    this.#values.delete(key);
    if (this.#values.size >= this.#capacity) this.#dropExpired(now);
    if (this.#values.size >= this.#capacity) {
      if (whenFull === 'refuse') return false;
      const [oldest] = this.#values.keys();
      if (oldest !== undefined) this.#values.delete(oldest);
    }
    const until = ttlMs === 0 ? Number.POSITIVE_INFINITY : now + ttlMs;
    this.#values.set(key, { value, until });
    this.#nothingUntil = Math.min(this.#nothingUntil, until);
    return true;
  }

  delete(key: string): boolean {
    return this.has(key) && this.#values.delete(key);
  }

  #dropExpired(now: number): void {
    if (now < this.#nothingUntil) return;
    this.#nothingUntil = Number.POSITIVE_INFINITY;
    for (const [key, { until }] of this.#values) {
      if (until <= now) this.#values.delete(key);
      else this.#nothingUntil = Math.min(this.#nothingUntil, until);
    }
  }
}
