/** Keys from which nothing may be taken for a while, in a map that all processes share. */

import { invalidOption } from '../errors.js';
import type { SetOptions } from '../shared/types.js';

/** A map of `rondo/shared`, its `.async`, or another with these methods. */
export interface BlockStore {
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  set(key: string, value: string, options?: SetOptions): boolean | Promise<boolean>;
  delete(key: string): boolean | Promise<boolean>;
}

export class Blocks {
  readonly #store: BlockStore | undefined;

  constructor(store: BlockStore | undefined) {
    this.#store = store;
    if (store === undefined) return;
    const methods = ['get', 'set', 'delete'] as const;
    if (methods.some((method) => typeof store?.[method] !== 'function')) {
      throw invalidOption('blocks', 'a map of rondo/shared', store);
    }
  }

  /** The error names what asks for it. */
  checkPossible(option: string): BlockStore {
    if (this.#store !== undefined) return this.#store;
    throw invalidOption('blocks', `a map of rondo/shared, for ${option}`, this.#store);
  }

  /** For 0 without an end. */
  async add(key: string, forMs: number): Promise<void> {
    const store = this.checkPossible('block()');
    // The map's own time is not to be asked for. The wall clock is the same in all processes, and only says how long.
    const until = forMs === 0 ? 0 : Date.now() + forMs;
    const isKept = await store.set(key, String(until), { ttlMs: forMs });
    if (!isKept) throw invalidOption('blocks', 'a map with room for another key', store);
  }

  /** Milliseconds; -1: without an end; null: it is not blocked. */
  async left(key: string): Promise<number | null> {
    const value = await this.#store?.get(key);
    if (value === undefined) return null;
    const until = Number(Buffer.from(value).toString());
    if (until === 0) return -1;
    const ms = until - Date.now();
    return ms > 0 ? ms : null;
  }

  async remove(key: string): Promise<boolean> {
    return (await this.#store?.delete(key)) === true;
  }
}
