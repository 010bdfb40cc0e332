import { invalidOption, type RondoError } from '../errors.js';
import { type NativeLimiter, SharedMistake } from '../native/shared.js';
import { ALGORITHMS, badKey, checkLimiter, MOST_KEY_BYTES, refused } from './checks.js';
import { missingReason, region, throwMissing } from './environment.js';
import { pluggedIn } from './remote.js';
import type { AsyncLimiter, Limiter, LimiterOptions, TableStats, Taken } from './types.js';

type Options = Required<LimiterOptions>;

/** By all options, so that a name with others is compared with what is in memory. */
const opened = new Map<string, SharedLimiter>();

/**
 * Where the native calls write what is more than one number; JavaScript reads it before the next
 * call.
 */
const answer = new Float64Array(new ArrayBuffer(16));

/**
 * Limits how often something may be done per key, exactly over all processes of the program: of
 * calls of take() at once, in however many processes, no more than the limit are allowed.
 *
 * Keys are 1 to 1,024 bytes of UTF-8. There is room for at least `entries` of them that count at
 * once; one that does not count any more makes room for another. What is taken stays taken when a
 * process ends or all are reloaded.
 *
 * Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`; `ERR_RONDO_SHARED_SIZES` if the
 * name is in use with another algorithm or number of entries;
 * `ERR_RONDO_SHARED_FULL` if there is no room for so many; else as counter() does. Without the
 * addon the methods throw `ERR_RONDO_NATIVE_MISSING`, and only `async` may work.
 */
export function limiter(options: LimiterOptions): Limiter {
  const checked = checkLimiter(options);
  const key = JSON.stringify(checked);
  let one = opened.get(key);
  if (one === undefined) {
    one = new SharedLimiter(checked, open(checked));
    opened.set(key, one);
  }
  return one;
}

function open(options: Options): NativeLimiter {
  if (missingReason() !== undefined) return MISSING;
  const { name, limit, windowMs, algorithm, entries, whenFull } = options;
  const place = ALGORITHMS.indexOf(algorithm);
  const denies = whenFull === 'deny';
  const native = region().limiter(name, limit, windowMs, place, entries, denies, answer);
  if (typeof native !== 'number' && !Array.isArray(native)) return native;
  const wanted = { algorithm, entries };
  throw refused('limiter', name, wanted, native, (key, parameter) =>
    key === 'algorithm' ? ALGORITHMS[parameter] : parameter,
  );
}

const MISSING: NativeLimiter = {
  take: throwMissing,
  giveBack: throwMissing,
  reset: throwMissing,
  stats: throwMissing,
};

class SharedLimiter implements Limiter {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly #options: Options;
  readonly #native: NativeLimiter;

  constructor(options: Options, native: NativeLimiter) {
    this.name = options.name;
    this.limit = options.limit;
    this.windowMs = options.windowMs;
    this.#options = options;
    this.#native = native;
  }

  take(key: string, n = 1): Taken {
    const ok = this.#native.take(key, n);
    if (ok < 0) throw mistake(ok, key, n);
    return { ok: ok === 1, remaining: answer[0] as number, resetMs: answer[1] as number };
  }

  peek(key: string): Taken {
    return this.take(key, 0);
  }

  giveBack(key: string, n = 1): void {
    const result = this.#native.giveBack(key, n);
    if (result < 0) throw mistake(result, key, n);
  }

  reset(key: string): void {
    const result = this.#native.reset(key);
    if (result < 0) throw mistake(result, key, 0);
  }

  stats(): TableStats {
    const [entries, refused, evicted] = this.#native.stats();
    return { entries, capacity: this.#options.entries, refused, evicted };
  }

  get async(): AsyncLimiter {
    return (missingReason() && pluggedIn().limiter(this.#options)) ?? promised(this);
  }
}

function mistake(code: number, key: unknown, n: unknown): RondoError {
  if (code === SharedMistake.key) return badKey(key, MOST_KEY_BYTES);
  return invalidOption('n', 'a safe integer from 0 on', n);
}

function promised(limiter: Limiter): AsyncLimiter {
  return {
    take: async (key, n) => limiter.take(key, n),
    peek: async (key) => limiter.peek(key),
    giveBack: async (key, n) => limiter.giveBack(key, n),
    reset: async (key) => limiter.reset(key),
  };
}
