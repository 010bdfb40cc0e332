import { RondoError } from '../errors.js';
import type { NativeCounter } from '../native/shared.js';
import { badCount, checkName, isCount, refused } from './checks.js';
import { missingReason, region, throwMissing } from './environment.js';
import { metricName } from './metric-options.js';
import { pluggedIn } from './remote.js';
import type { AsyncCounter, Counter, MetricOptions } from './types.js';

const counters = new Map<string, Counter>();

/**
 * A 64-bit integer, found by its name, that all processes of the program share; 0 at first, and
 * there until the last of them has ended. Calls with one name give the same counter.
 *
 * It holds safe integers, from -(2^53 - 1) to 2^53 - 1. What would leave that range throws
 * `ERR_RONDO_SHARED_RANGE` and changes nothing.
 *
 * Throws `ERR_RONDO_INVALID_OPTION`; `ERR_RONDO_SHARED_FULL` if there are 49,152 names;
 * `ERR_RONDO_SHARED_GONE`, `ERR_RONDO_SHARED_DENIED` and `ERR_RONDO_SHARED_VERSION` if the
 * primary's memory cannot be used, and system errors. Without the addon the methods throw
 * `ERR_RONDO_NATIVE_MISSING`, and only `async` may work.
 *
 * @param base - Its name, 1 to 200 bytes of UTF-8. A counter may have the name of a gauge, limiter, ….
 * @param options - How it is shown as a metric; `ERR_RONDO_UNKNOWN_OPTION` for others.
 */
export function counter(base: string, options?: MetricOptions): Counter {
  const name = options === undefined ? base : metricName('counter', base, options);
  checkName(name);
  let one = counters.get(name);
  if (one === undefined) {
    one = new SharedCounter(name, open(name));
    counters.set(name, one);
  }
  return one;
}

function open(name: string): NativeCounter {
  if (missingReason() !== undefined) return MISSING;
  const opened = region().counter(name);
  if (typeof opened === 'number' || Array.isArray(opened)) {
    throw refused('counter', name, {}, opened);
  }
  return opened;
}

const MISSING: NativeCounter = {
  add: throwMissing,
  get: throwMissing,
  set: throwMissing,
  compareAndSet: throwMissing,
};

class SharedCounter implements Counter {
  readonly name: string;
  readonly #native: NativeCounter;

  constructor(name: string, native: NativeCounter) {
    this.name = name;
    this.#native = native;
  }

  add(n = 1): number {
    const sum = this.#native.add(n);
    if (Number.isNaN(sum)) throw this.#refusedSum(n);
    return sum;
  }

  get(): number {
    return this.#native.get();
  }

  set(value: number): void {
    if (this.#native.set(value) !== 1) throw badCount('value', value);
  }

  compareAndSet(expected: number, value: number): boolean {
    const isSet = this.#native.compareAndSet(expected, value);
    if (Number.isNaN(isSet)) {
      throw isCount(expected) ? badCount('value', value) : badCount('expected', expected);
    }
    return isSet === 1;
  }

  get async(): AsyncCounter {
    return (missingReason() && pluggedIn().counter(this.name)) ?? promised(this);
  }

  #refusedSum(n: unknown): RondoError {
    if (!isCount(n)) return badCount('n', n);
    return new RondoError(
      'ERR_RONDO_SHARED_RANGE',
      `The counter '${this.name}' would leave the range of safe integers. Added was ${n}`,
      { option: 'n', received: n },
    );
  }
}

function promised(counter: Counter): AsyncCounter {
  return {
    add: async (n) => counter.add(n),
    get: async () => counter.get(),
    set: async (value) => counter.set(value),
    compareAndSet: async (expected, value) => counter.compareAndSet(expected, value),
  };
}
