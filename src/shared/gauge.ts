import type { NativeGauge } from '../native/shared.js';
import { checkFinite, checkName, refused } from './checks.js';
import { missingReason, region, throwMissing } from './environment.js';
import { metricName } from './metric-options.js';
import type { Gauge, MetricOptions, Share } from './types.js';

const gauges = new Map<string, Gauge>();

/**
 * A number that each process has for itself, 0 at first; get() is the sum over the processes that
 * live. A process that ends, however it does, counts no more from then on. Each worker thread
 * counts as a process.
 *
 * Throws as counter() does. Without the addon the methods throw `ERR_RONDO_NATIVE_MISSING`.
 *
 * @param base - Its name, 1 to 200 bytes of UTF-8.
 * @param options - As of counter().
 */
export function gauge(base: string, options?: MetricOptions): Gauge {
  const name = options === undefined ? base : metricName('gauge', base, options);
  checkName(name);
  let one = gauges.get(name);
  if (one === undefined) {
    one = new SharedGauge(name, open(name));
    gauges.set(name, one);
  }
  return one;
}

function open(name: string): NativeGauge {
  if (missingReason() !== undefined) return MISSING;
  const opened = region().gauge(name);
  if (typeof opened === 'number' || Array.isArray(opened)) {
    throw refused('gauge', name, {}, opened);
  }
  return opened;
}

const MISSING: NativeGauge = {
  set: throwMissing,
  add: throwMissing,
  get: throwMissing,
  shares: throwMissing,
};

class SharedGauge implements Gauge {
  readonly name: string;
  readonly #native: NativeGauge;

  constructor(name: string, native: NativeGauge) {
    this.name = name;
    this.#native = native;
  }

  set(value: number): void {
    checkFinite('value', value);
    this.#native.set(value);
  }

  add(n = 1): void {
    checkFinite('n', n);
    this.#native.add(n);
  }

  get(): number {
    return this.#native.get();
  }

  shares(): Array<Share<number>> {
    return this.#native.shares();
  }
}
