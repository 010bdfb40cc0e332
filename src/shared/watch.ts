/**
 * Reads what all processes of the program share, whoever has made it, for those who show it. It has no share in any of it.
 * What the memory says is checked by the addon; what is wrong there is counted.
 */

import { load } from '../lazy.js';
import { type NativeWatched, SHARED_KINDS } from '../native/shared.js';
import { missingReason, region } from './environment.js';
import type { HistogramValue, Share } from './types.js';

export interface SharedReading {
  readonly counters: ReadonlyArray<{ name: string; value: number }>;
  readonly gauges: ReadonlyArray<{ name: string; shares: ReadonlyArray<Share<number>> }>;
  readonly histograms: ReadonlyArray<{ name: string; value: HistogramValue }>;
  /** Names that cannot be read: the memory is corrupted there, or they are too many. */
  readonly unreadable: number;
}

const NOTHING: SharedReading = { counters: [], gauges: [], histograms: [], unreadable: 0 };

export class SharedWatch {
  readonly #watched = new Map<number, NativeWatched>();
  #known = 0;
  #unreadable = 0;

  /** Never throws: memory that cannot be used at all has nothing to tell. */
  read(): SharedReading {
    try {
      return missingReason() === undefined ? this.#ofMemory() : ofPrimary();
    } catch {
      return { ...NOTHING, unreadable: 1 };
    }
  }

  #ofMemory(): SharedReading {
    this.#look();
    const all = [...this.#watched.values()];
    const kindOf = ({ kind }: NativeWatched) => SHARED_KINDS[kind - 1];
    return {
      counters: all
        .filter((one) => kindOf(one) === 'counter')
        .map(({ name, get }) => ({ name, value: get?.() as number })),
      gauges: all
        .filter((one) => kindOf(one) === 'gauge')
        .map(({ name, shares }) => ({ name, shares: shares?.() ?? [] })),
      histograms: all
        .filter((one) => kindOf(one) === 'histogram')
        .map(({ name, get, bounds }) => ({
          name,
          value: histogramValue(get?.() as number[], bounds ?? []),
        })),
      unreadable: this.#unreadable,
    };
  }

  /** For names that are new; none is ever removed. */
  #look(): void {
    const shared = region();
    const places = shared.names(this.#known);
    if (places === undefined) return;
    this.#known = places.length;
    this.#unreadable = 0;
    for (const place of new Set(places)) {
      if (this.#watched.has(place)) continue;
      const watched = shared.watch(place);
      if (typeof watched === 'number') this.#unreadable++;
      else this.#watched.set(place, watched);
    }
  }
}

/** A program without the addon has counters alone. */
function ofPrimary(): SharedReading {
  const { servedCounters } = load('shared/through-primary.js');
  const counters = [...servedCounters()].map(([name, value]) => ({ name, value }));
  return { ...NOTHING, counters };
}

/** Numbers as the addon has them: the sum, then the count of each bucket. */
export function histogramValue(
  [sum = 0, ...counts]: readonly number[],
  bounds: readonly number[],
): HistogramValue {
  const buckets = counts.map((count, i) => ({ le: bounds[i] ?? Number.POSITIVE_INFINITY, count }));
  return { count: counts.reduce((all, one) => all + one, 0), sum, buckets };
}
