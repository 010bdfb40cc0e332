/** What `rondo/shared` and its relatives have in common; see docs/shared.md. */

/** A 64-bit integer that all processes of the program share, found by its name. */
export interface Counter {
  readonly name: string;
  /**
   * Adds `n`, 1 by default, which may be negative. The value after it. Throws
   * `ERR_RONDO_INVALID_OPTION` if `n` is no safe integer, `ERR_RONDO_SHARED_RANGE` if the sum is none.
   */
  add(n?: number): number;
  get(): number;
  set(value: number): void;
  /** Sets it to `value` if it is `expected`: whether it was. */
  compareAndSet(expected: number, value: number): boolean;
  /** The same as promises; works without the addon, too. */
  readonly async: AsyncCounter;
}

/** The share of one process in a gauge or a histogram. */
export interface Share<Value> {
  readonly pid: number;
  /** `RONDO_SEAT`, or null in a process without one. */
  readonly seat: number | null;
  /** Whether the process lives. */
  readonly isAlive: boolean;
  readonly value: Value;
}

/** A number of each process, summed on reading over those that live. */
export interface Gauge {
  readonly name: string;
  /** This process's own. */
  set(value: number): void;
  add(n?: number): void;
  /** The sum over living processes. */
  get(): number;
  shares(): Array<Share<number>>;
}

/** How a counter, gauge or histogram is shown as a metric. */
export interface MetricOptions {
  /**
   * Labels, with few values each: every combination is a name of its own, `name{code="200"}`, of the 49,152 that there
   * can be; all of it at most 200 bytes.
   */
  readonly labels?: Readonly<Record<string, string | number>>;
  /** What it counts, at most 500 bytes; one for all labels of a name. Is not kept without the addon. */
  readonly help?: string;
}

export interface HistogramOptions extends MetricOptions {
  readonly name: string;
  /** Upper bounds, ascending, at most 64; one for the rest is added. */
  readonly buckets: readonly number[];
}

export interface HistogramValue {
  readonly count: number;
  readonly sum: number;
  /** Per bucket, not cumulative; the last is `Infinity`. */
  readonly buckets: ReadonlyArray<{ readonly le: number; readonly count: number }>;
}

/**
 * Observations in fixed buckets, summed on reading over all processes, also those that have ended.
 */
export interface Histogram {
  readonly name: string;
  observe(value: number): void;
  get(): HistogramValue;
  shares(): Array<Share<HistogramValue>>;
}

export type LimiterAlgorithm = 'fixed-window' | 'sliding-window' | 'token-bucket';

export interface LimiterOptions {
  /**
   * One table per name. Another use of it with another algorithm or number of entries is an error; limit and window are
   * of the process that takes, so that a new release may have others.
   */
  readonly name: string;
  /** How many a key may take in a window; for `token-bucket` also the size of the bucket. At most 1e9. */
  readonly limit: number;
  /** At most 2,147,483,647. */
  readonly windowMs: number;
  /** Default `fixed-window`. */
  readonly algorithm?: LimiterAlgorithm;
  /** How many keys there is room for at least. Default 10,000, at most 10,000,000. */
  readonly entries?: number;
  /** What take() says of a key for which there is no room. Default `allow`. Counted either way. */
  readonly whenFull?: 'allow' | 'deny';
}

/** What {@link Limiter.take} answers. */
export interface Taken {
  /** Whether the limit allowed it; nothing is taken otherwise. */
  readonly ok: boolean;
  /** How many are left. */
  readonly remaining: number;
  /**
   * Milliseconds until all of the limit is there again: the window's end, or when the bucket is
   * full.
   */
  readonly resetMs: number;
}

export interface Limiter {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  /**
   * Takes `n`, 1 by default, for a key of 1 to 1,024 bytes: all of them or, if that would be more than
   * the limit allows, nothing. Throws `ERR_RONDO_INVALID_OPTION`, as all methods do.
   */
  take(key: string, n?: number): Taken;
  /** As take() would answer for `n` = 0. */
  peek(key: string): Taken;
  /** Gives back `n`, 1 by default, for what should not have counted; not more than counts. */
  giveBack(key: string, n?: number): void;
  /** Forgets the key. */
  reset(key: string): void;
  /** Looks at the whole table: not for every request. */
  stats(): TableStats;
  readonly async: AsyncLimiter;
}

export interface MapOptions {
  readonly name: string;
  /** How many keys there is room for at least. Default 1,000, at most 10,000,000. */
  readonly entries?: number;
  /** The longest key, in bytes of UTF-8. Default 64, at most 1,024. */
  readonly keyBytes?: number;
  /** The longest value, in bytes. Default 256, at most 65,536. */
  readonly valueBytes?: number;
  /** How long a value is kept that is set without a time of its own. Default 0: for ever. */
  readonly ttlMs?: number;
  /** For a new key when the table is full and nothing in it has expired. Default `refuse`. */
  readonly whenFull?: 'refuse' | 'evict';
}

export interface SetOptions {
  /** How long the value is kept; 0: for ever. Default: the map's. */
  readonly ttlMs?: number;
}

/** Small values by key. The last writer wins; {@link SharedMap.update} is atomic. */
export interface SharedMap {
  readonly name: string;
  get(key: string): Buffer | undefined;
  /**
   * False if the table is full and refuses. Throws `ERR_RONDO_INVALID_OPTION` if the key or the value is
   * longer than the map's sizes; all methods do for a key.
   */
  set(key: string, value: Uint8Array | string, options?: SetOptions): boolean;
  delete(key: string): boolean;
  has(key: string): boolean;
  /**
   * Sets what `next` makes of the value; calls it again if another process has changed the value
   * meanwhile, so it must have no effects of its own. `undefined` deletes. False if the table is full
   * and refuses. If `next` throws, nothing is changed.
   */
  update(
    key: string,
    next: (value: Buffer | undefined) => Uint8Array | string | undefined,
    options?: SetOptions,
  ): boolean;
  getJson(key: string): unknown;
  setJson(key: string, value: unknown, options?: SetOptions): boolean;
  /** Those that have not expired, in no order; what is changed meanwhile may be in it or not. */
  keys(): string[];
  /** Looks at the whole table: not for every request. */
  stats(): TableStats;
  readonly async: AsyncMap;
}

export interface TableStats {
  /** Keys that have not expired. */
  readonly entries: number;
  /** As asked for by `entries`. */
  readonly capacity: number;
  /**
   * New keys that were refused (or, by a limiter, passed uncounted) because there was no room, since the
   * start.
   */
  readonly refused: number;
  /** Living keys that made room for new ones. */
  readonly evicted: number;
}

/** The same methods, each with a promise of its result. */
export type Promised<Methods> = {
  [Name in keyof Methods]: Methods[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Result>
    : never;
};

export type AsyncCounter = Promised<Pick<Counter, 'add' | 'get' | 'set' | 'compareAndSet'>>;
export type AsyncLimiter = Promised<Pick<Limiter, 'take' | 'peek' | 'giveBack' | 'reset'>>;
export type AsyncMap = Promised<
  Pick<SharedMap, 'get' | 'set' | 'delete' | 'has' | 'getJson' | 'setJson'>
>;
