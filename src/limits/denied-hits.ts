/**
 * Which requests were denied and may be "given back" nevertheless, by a host that takes back what it has counted for a request and
 * does not know that nothing was taken for a denied one. Per key a number, forgotten when its window is over.
 *
 * Whose request is taken back is not told, and makes no difference: of as many as come, as many as were denied had
 * taken nothing.
 */

interface Denied {
  count: number;
  /** By performance.now(). */
  until: number;
}

export class DeniedHits {
  readonly #keys = new Map<string, Denied>();

  add(key: string, forMs: number, now = performance.now()): void {
    const denied = this.#keys.get(key);
    const count = denied === undefined || denied.until <= now ? 1 : denied.count + 1;
    // To the end, where the youngest are.
    this.#keys.delete(key);
    this.#keys.set(key, { count, until: now + forMs });
    this.#forget(now);
  }

  /** Whether the key has one that was denied, which is then one less. */
  remove(key: string, now = performance.now()): boolean {
    const denied = this.#keys.get(key);
    if (denied === undefined || denied.until <= now) return false;
    denied.count--;
    if (denied.count === 0) this.#keys.delete(key);
    return true;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Two at a time, so that the map shrinks faster than it grows. */
  #forget(now: number): void {
    let looked = 0;
    for (const [key, { until }] of this.#keys) {
      if (until > now || looked++ === 2) return;
      this.#keys.delete(key);
    }
  }
}
