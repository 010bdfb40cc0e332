import type { NativeHistogram } from '../native/shared.js';
import { checkFinite, checkHistogram, checkName, refused, sizesDiffer } from './checks.js';
import { missingReason, region, throwMissing } from './environment.js';
import { metricName } from './metric-options.js';
import type { Histogram, HistogramOptions, HistogramValue, Share } from './types.js';

const histograms = new Map<string, SharedHistogram>();

/**
 * Counts of observed values in fixed buckets, and their sum, over all processes, those that have
 * ended, too.
 *
 * Throws `ERR_RONDO_SHARED_SIZES` if the name is in use with other buckets, and as counter() does.
 * Without the addon the methods throw `ERR_RONDO_NATIVE_MISSING`.
 */
export function histogram(options: HistogramOptions): Histogram {
  const { name: base, buckets, ...shown } = checkHistogram(options);
  const name = metricName('histogram', base, shown);
  checkName(name);
  const one = histograms.get(name);
  if (one === undefined) {
    const made = new SharedHistogram(name, buckets, open(name, buckets));
    histograms.set(name, made);
    return made;
  }
  if (String(one.bounds) === String(buckets)) return one;
  throw sizesDiffer('histogram', name, { buckets }, { buckets: one.bounds });
}

function open(name: string, buckets: readonly number[]): NativeHistogram {
  if (missingReason() !== undefined) return MISSING;
  const opened = region().histogram(name, Float64Array.from(buckets));
  if (typeof opened === 'number') throw refused('histogram', name, { buckets }, opened);
  if (Array.isArray(opened)) throw sizesDiffer('histogram', name, { buckets }, { buckets: opened });
  return opened;
}

const MISSING: NativeHistogram = {
  observe: throwMissing,
  get: throwMissing,
  shares: throwMissing,
};

class SharedHistogram implements Histogram {
  readonly name: string;
  readonly bounds: readonly number[];
  readonly #native: NativeHistogram;

  constructor(name: string, bounds: readonly number[], native: NativeHistogram) {
    this.name = name;
    this.bounds = bounds;
    this.#native = native;
  }

  observe(value: number): void {
    checkFinite('value', value);
    this.#native.observe(value);
  }

  get(): HistogramValue {
    return this.#toValue(this.#native.get());
  }

  shares(): Array<Share<HistogramValue>> {
    return this.#native
      .shares()
      .map(({ numbers, ...share }) => ({ ...share, value: this.#toValue(numbers) }));
  }

  #toValue([sum = 0, ...counts]: number[]): HistogramValue {
    const buckets = counts.map((count, i) => ({
      le: this.bounds[i] ?? Number.POSITIVE_INFINITY,
      count,
    }));
    return { count: counts.reduce((all, one) => all + one, 0), sum, buckets };
  }
}
