/** The series of one process and their last known values, of which it tells by its messages. */

import type { Merged, MergedSeries } from './merged.js';
import type { LeftOut, Message, Series } from './messages.js';

/** Why a series is not there as long as another process has something else by its name. */
const DIFFERS = 'differs';

/** What tells processes of one primary apart that run different programs; a label of each series then. */
export type ExtraLabels = Readonly<Record<string, string>>;

interface Known {
  readonly series: Series;
  /** Null: it is left out. */
  readonly merged: MergedSeries | null;
  /** Of a histogram's or summary's sum, which may fall: where the count is that says whether it began anew. */
  readonly count: number | null;
}

export class ProcessValues {
  readonly pid: number;
  /** When it last told all that had changed, on performance.now(). */
  toldAt: number;
  /** Counted in the process, and here. */
  leftOut: LeftOut = {};
  refused: Record<string, number> = {};
  readonly #merged: Merged;
  readonly #extra: ExtraLabels;
  #known: Known[] = [];
  /** Where a series is, to find a sum's count. */
  #places = new Map<string, number>();
  #values: number[] = [];
  /** What is in the sums of series that were told before, until they are told anew. */
  #carried = new Map<MergedSeries, number>();
  /** Since it told all last. */
  #hasBegunAnew = false;

  constructor(pid: number, merged: Merged, extra: ExtraLabels, now: number) {
    this.pid = pid;
    this.toldAt = now;
    this.#merged = merged;
    this.#extra = extra;
  }

  /** Throws at what does not fit to what was told before. */
  hear(message: Message, now: number): void {
    switch (message.type) {
      case 'hello':
        throw new Error('a second hello');
      case 'series':
        if (message.isAnew) this.#beginAnew();
        for (const series of message.series) this.#addSeries(series);
        return;
      case 'values':
        return this.#setValues(message.values);
      case 'exemplars':
        for (const [place, exemplar] of message.exemplars) {
          this.#known[place]?.merged?.note(exemplar);
        }
        return;
      case 'done':
        // Labels that are told no more, and have no sum, would be kept for ever.
        if (this.#hasBegunAnew) this.#merged.tidy();
        this.#hasBegunAnew = false;
        this.#carried.clear();
        this.leftOut = message.leftOut;
        this.toldAt = now;
    }
  }

  /** Into each of its series. */
  addAll(): void {
    for (const [i, { merged }] of this.#known.entries()) merged?.add(this.#values[i] ?? 0);
  }

  /** Another process has ended: what differed from what that had may be there from now on. */
  retry(): void {
    if ((this.refused[DIFFERS] ?? 0) === 0) return;
    this.refused = {};
    for (const [place, known] of this.#known.entries()) {
      if (known.merged === null) this.#known[place] = { ...known, merged: this.#use(known.series) };
    }
  }

  /** What it has counted stays. */
  end(): void {
    this.#beginAnew();
    this.#merged.tidy();
  }

  /** Of series that are told again what it has counted is its own again. */
  #beginAnew(): void {
    this.#hasBegunAnew = true;
    this.#carried = new Map();
    for (const [i, { merged }] of this.#known.entries()) {
      if (merged === null) continue;
      const value = this.#values[i] ?? 0;
      this.#merged.drop(merged, value);
      this.#carried.set(merged, value);
    }
    this.#known = [];
    this.#values = [];
    this.#places = new Map();
    this.refused = {};
  }

  #addSeries(series: Series): void {
    const place = this.#known.length;
    const merged = this.#use(series);
    this.#known.push({ series, merged, count: null });
    this.#values.push(merged === null ? 0 : this.#takeCarried(merged));
    this.#places.set(placeOf(series, series.suffix), place);
    // In prom-client's order a sum comes before its count.
    if (series.suffix !== '_count') return;
    const sum = this.#places.get(placeOf(series, '_sum'));
    const known = sum === undefined ? undefined : this.#known[sum];
    if (sum !== undefined && known !== undefined) {
      this.#known[sum] = { ...known, count: place };
    }
  }

  /** Null, which is counted, if it cannot be there. */
  #use(series: Series): MergedSeries | null {
    // The own ones last: they are what tells programs apart.
    const used = this.#merged.use({ ...series, labels: { ...series.labels, ...this.#extra } });
    if (typeof used !== 'string') return used;
    this.refused[used] = (this.refused[used] ?? 0) + 1;
    return null;
  }

  #takeCarried(merged: MergedSeries): number {
    const value = this.#carried.get(merged) ?? 0;
    this.#carried.delete(merged);
    if (merged.isCounted) merged.base -= value;
    return value;
  }

  #setValues(values: Float64Array): void {
    if (values.length !== this.#known.length) throw new Error('values of other series');
    const before = this.#values;
    // What is no number would stay in a sum for ever.
    this.#values = Array.from(values, (value, place) =>
      this.#known[place]?.merged?.isCounted === true && !Number.isFinite(value)
        ? (before[place] as number)
        : value,
    );
    const hasFallen = (place: number): boolean =>
      (this.#values[place] as number) < (before[place] as number);
    for (const [place, { merged, count }] of this.#known.entries()) {
      if (merged?.isCounted !== true) continue;
      const isSum = merged.suffix === '_sum';
      const hasBegunAnew = isSum ? count !== null && hasFallen(count) : hasFallen(place);
      if (hasBegunAnew) merged.base += before[place] as number;
    }
  }
}

function placeOf({ metric, labels }: Series, suffix: string): string {
  return JSON.stringify([metric.name, suffix, labels]);
}
