import { type NativeMap, SharedMistake } from '../native/shared.js';
import { badKey, checkMap, refused, toBytes, ttlOf } from './checks.js';
import { missingReason, region, throwMissing } from './environment.js';
import { pluggedIn } from './remote.js';
import type { AsyncMap, MapOptions, SetOptions, SharedMap, TableStats } from './types.js';

type Options = Required<MapOptions>;

/** By what they are opened with; the time that values are kept is JavaScript's business. */
const opened = new Map<string, NativeMap>();

/**
 * Small values by key that all processes of the program share, each until a time or until it is
 * deleted.
 *
 * There is room for at least `entries` keys; a value that has expired makes room for another. A
 * change copies what is near the key, some 8 entries, so this is for small values: a set() of 64
 * KiB among others as large takes some 100 µs.
 *
 * Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`; `ERR_RONDO_SHARED_SIZES` if the
 * name is in use with other `entries`, `keyBytes` or `valueBytes`; `ERR_RONDO_SHARED_FULL` if there
 * is no room for so many; else as counter() does. Without the addon the methods throw
 * `ERR_RONDO_NATIVE_MISSING`, and only `async` may work.
 */
export function map(options: MapOptions): SharedMap {
  const checked = checkMap(options);
  return new TableMap(checked, open(checked));
}

function open({ name, entries, keyBytes, valueBytes, whenFull }: Options): NativeMap {
  if (missingReason() !== undefined) return MISSING;
  const key = JSON.stringify([name, entries, keyBytes, valueBytes, whenFull]);
  const known = opened.get(key);
  if (known !== undefined) return known;
  const native = region().map(name, entries, keyBytes, valueBytes, whenFull === 'evict');
  if (typeof native === 'number' || Array.isArray(native)) {
    throw refused('map', name, { entries, keyBytes, valueBytes }, native);
  }
  opened.set(key, native);
  return native;
}

const MISSING: NativeMap = {
  get: throwMissing,
  has: throwMissing,
  set: throwMissing,
  delete: throwMissing,
  keys: throwMissing,
  stats: throwMissing,
};

class TableMap implements SharedMap {
  readonly name: string;
  readonly #options: Options;
  readonly #native: NativeMap;

  constructor(options: Options, native: NativeMap) {
    this.name = options.name;
    this.#options = options;
    this.#native = native;
  }

  get(key: string): Buffer | undefined {
    const value = this.#native.get(key);
    if (typeof value === 'number') throw this.#badKey(key);
    return value;
  }

  has(key: string): boolean {
    return this.#answer(key, this.#native.has(key)) === 1;
  }

  set(key: string, value: Uint8Array | string, options?: SetOptions): boolean {
    const ttlMs = ttlOf(options, this.#options.ttlMs);
    return this.#set(key, toBytes(value, this.#options.valueBytes), ttlMs) === 1;
  }

  delete(key: string): boolean {
    return this.#answer(key, this.#native.delete(key)) === 1;
  }

  update(
    key: string,
    next: (value: Buffer | undefined) => Uint8Array | string | undefined,
    options?: SetOptions,
  ): boolean {
    const ttlMs = ttlOf(options, this.#options.ttlMs);
    // Comes again only if another process, or the function itself, has changed the value meanwhile.
    for (;;) {
      const before = this.get(key);
      // A copy, as it may be changed in place.
      const after = next(before && Buffer.from(before));
      const result = this.#replace(key, before, after, ttlMs);
      if (result !== CHANGED) return result === 1;
    }
  }

  getJson(key: string): unknown {
    const value = this.get(key);
    return value === undefined ? undefined : JSON.parse(value.toString());
  }

  setJson(key: string, value: unknown, options?: SetOptions): boolean {
    const text: unknown = JSON.stringify(value);
    return this.set(key, text as string, options);
  }

  keys(): string[] {
    return this.#native.keys();
  }

  stats(): TableStats {
    const [entries, refused, evicted] = this.#native.stats();
    return { entries, capacity: this.#options.entries, refused, evicted };
  }

  get async(): AsyncMap {
    return (missingReason() && pluggedIn().map(this.#options)) ?? promised(this);
  }

  /**
   * 1: it is what it should be. 0: there is no room. {@link CHANGED}: `before` is not there any
   * more.
   */
  #replace(key: string, before: Buffer | undefined, after: unknown, ttlMs: number): number {
    if (after !== undefined) {
      const bytes = toBytes(after, this.#options.valueBytes);
      return this.#set(key, bytes, ttlMs, before ?? null);
    }
    if (before === undefined) return 1;
    return this.#native.delete(key, before);
  }

  #set(key: string, value: Uint8Array, ttlMs: number, expected?: Buffer | null): number {
    return this.#answer(key, this.#native.set(key, value, ttlMs, expected));
  }

  #answer(key: unknown, result: number): number {
    if (result === SharedMistake.key) throw this.#badKey(key);
    return result;
  }

  #badKey(key: unknown): Error {
    return badKey(key, this.#options.keyBytes);
  }
}

/** What set() and delete() answer if what was expected is not there. */
const CHANGED = 2;

function promised(map: SharedMap): AsyncMap {
  return {
    get: async (key) => map.get(key),
    set: async (key, value, options) => map.set(key, value, options),
    delete: async (key) => map.delete(key),
    has: async (key) => map.has(key),
    getJson: async (key) => map.getJson(key),
    setJson: async (key, value, options) => map.setJson(key, value, options),
  };
}
