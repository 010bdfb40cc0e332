/** The addon and the memory that the processes of a family share; src/shared makes of it what programs use. */

interface NativeShare {
  pid: number;
  seat: number | null;
  isAlive: boolean;
}

/** A -errno, or, if the name has other parameters, those. */
export type SharedRefusal = number | number[];

/** Numbers that are no count (an integer within ±(2^53 - 1)) are answered by NaN and change nothing. */
export interface NativeCounter {
  /** The sum; NaN also if that is no count. */
  add(n: number): number;
  get(): number;
  set(value: number): number;
  /** 1 if it was set, 0 if not. */
  compareAndSet(expected: number, value: number): number;
}

export interface NativeGauge {
  set(value: number): void;
  add(n: number): void;
  get(): number;
  shares(): Array<NativeShare & { value: number }>;
}

/** Numbers are the sum of all values, then the count of each bucket. */
export interface NativeHistogram {
  observe(value: number): void;
  get(): number[];
  shares(): Array<NativeShare & { numbers: number[] }>;
}

/** What a call on a table answers that got a wrong argument. */
export const SharedMistake = { key: -1, number: -2, value: -3 } as const;

/** Of a table: keys that count, refused, evicted. */
export type NativeTableStats = [entries: number, refused: number, evicted: number];

/** Below 0: a {@link SharedMistake}. */
export interface NativeLimiter {
  /** 1 if it is allowed, 0 if not; how many remain and the milliseconds are in the array that it was opened with. */
  take(key: string, n: number): number;
  giveBack(key: string, n: number): number;
  reset(key: string): number;
  stats(): NativeTableStats;
}

/** A number below 0: a {@link SharedMistake}. */
export interface NativeMap {
  get(key: string): Buffer | undefined | number;
  /** 1 or 0. */
  has(key: string): number;
  /**
   * 1 if it was set, 0 if there is no room, 2 if `expected` was not there: undefined for whatever is
   * there, null for nothing.
   */
  set(key: string, value: Uint8Array, ttlMs: number, expected?: Uint8Array | null): number;
  /** 1 if it is gone now, 0 if there was none, 2 as set(). */
  delete(key: string, expected?: Uint8Array): number;
  keys(): string[];
  stats(): NativeTableStats;
}

/** The region, as this thread has it until it ends. */
export interface NativeShared {
  counter(name: string): NativeCounter | SharedRefusal;
  gauge(name: string): NativeGauge | SharedRefusal;
  histogram(name: string, bounds: Float64Array): NativeHistogram | SharedRefusal;
  /** `algorithm` is its place in native/shared/limits.h; `out` gets two numbers, and must be kept. */
  limiter(
    name: string,
    limit: number,
    windowMs: number,
    algorithm: number,
    entries: number,
    deniesWhenFull: boolean,
    out: Float64Array,
  ): NativeLimiter | SharedRefusal;
  map(
    name: string,
    entries: number,
    keyBytes: number,
    valueBytes: number,
    evictsWhenFull: boolean,
  ): NativeMap | SharedRefusal;
  /** Where all names are, whoever has made them; undefined if they are as many as `known`. */
  names(known: number): number[] | undefined;
  /** What is at one of those places, without a share in it; or -errno. */
  watch(place: number): NativeWatched | number;
}

/** In the order of native/shared/names.h, from 1 on. */
export const SHARED_KINDS = ['counter', 'gauge', 'histogram', 'limiter', 'map'] as const;

/** `kind` is a number: {@link SHARED_KINDS}. The methods are those of that kind. */
export interface NativeWatched {
  kind: number;
  name: string;
  /** Of a counter its value, of a histogram its numbers. */
  get?(): number | number[];
  shares?: NativeGauge['shares'];
  bounds?: number[];
}
