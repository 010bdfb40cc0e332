/**
 * The series of all processes, each with what is known of it over all. What is counted stays in its sum when its process ends
 * or begins again at 0, so that no counter ever falls; of the others only those of living processes are there.
 */

import type { Definition, Exemplar, Series } from './messages.js';

/** More than that are left out and counted: the sums of labels that are in use no more are kept, too. */
const MOST_SERIES = 20_000;

export interface MergedMetric {
  /** As the newest process has it that began when there was none. */
  definition: Definition;
  readonly series: Map<string, MergedSeries>;
}

const AGGREGATORS = ['sum', 'first', 'min', 'max', 'average'];

export function isAggregator(name: string): boolean {
  return AGGREGATORS.includes(name);
}

export class MergedSeries {
  readonly suffix: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it only rises in its process, and so is kept. */
  readonly isCounted: boolean;
  /** What processes have counted that have ended. */
  base = 0;
  /** How many processes have it. */
  users = 0;
  /** The newest of all processes. */
  exemplar: Exemplar | null = null;
  readonly #aggregator: string;
  #value = 0;
  #count = 0;
  #shown = 0;

  constructor({ metric, suffix, labels }: Series) {
    this.suffix = suffix;
    this.labels = labels;
    this.#aggregator = metric.aggregator;
    this.isCounted = metric.type !== 'gauge' && metric.aggregator === 'sum';
  }

  /** Before the values of all processes are added. */
  begin(): void {
    this.#value = 0;
    this.#count = 0;
  }

  add(value: number): void {
    if (this.#count++ === 0) this.#value = value;
    else if (this.#aggregator === 'min') this.#value = Math.min(this.#value, value);
    else if (this.#aggregator === 'max') this.#value = Math.max(this.#value, value);
    else if (this.#aggregator !== 'first') this.#value += value;
  }

  note(exemplar: Exemplar): void {
    if (exemplar.time >= (this.exemplar?.time ?? 0)) this.exemplar = exemplar;
  }

  /** Undefined if no process has it, and none has left anything. */
  value(): number | undefined {
    if (this.isCounted) return this.#counted();
    if (this.#count === 0) return undefined;
    return this.#aggregator === 'average' ? this.#value / this.#count : this.#value;
  }

  /** Whoever reads a counter takes the smallest fall for a new beginning. */
  #counted(): number {
    const value = this.base + this.#value;
    const isRounded = Math.abs(value - this.#shown) <= Math.abs(this.#shown) * ROUNDING;
    if (!(isRounded && value < this.#shown)) this.#shown = value;
    return this.#shown;
  }
}

/** By so much a sum of the same numbers may differ, when they are added in another order. */
const ROUNDING = 1e-9;

export class Merged {
  readonly metrics = new Map<string, MergedMetric>();
  #size = 0;

  /** The one that is meant, for a process that has it from now on; a reason if there can be none. */
  use(series: Series): MergedSeries | string {
    const { metric, suffix, labels } = series;
    if (!isAggregator(metric.aggregator)) return 'aggregator';
    const merged = this.#metric(metric);
    if (merged === null) return 'differs';
    const key = JSON.stringify([suffix, ...Object.entries(labels).sort(byName)]);
    let one = merged.series.get(key);
    if (one === undefined) {
      if (this.#size >= MOST_SERIES) return 'too_many';
      one = new MergedSeries(series);
      merged.series.set(key, one);
      this.#size++;
    }
    one.users++;
    return one;
  }

  /** A process has it no more: `left` is what it had counted. */
  drop(series: MergedSeries, left: number): void {
    series.users--;
    if (series.isCounted) series.base += left;
  }

  /** Forgets series that nobody has and that have no sum. */
  tidy(): void {
    for (const [name, { series }] of this.metrics) {
      for (const [key, one] of series) {
        if (one.users === 0 && !one.isCounted && series.delete(key)) this.#size--;
      }
      if (series.size === 0) this.metrics.delete(name);
    }
  }

  /** Null if living processes have another one of that name. */
  #metric(definition: Definition): MergedMetric | null {
    const known = this.metrics.get(definition.name);
    if (known !== undefined) {
      const { type, aggregator, bounds } = known.definition;
      const isSame =
        type === definition.type &&
        aggregator === definition.aggregator &&
        bounds === definition.bounds;
      if (isSame) return known;
      if ([...known.series.values()].some(({ users }) => users > 0)) return null;
      // A new release counts something else by that name.
      this.#size -= known.series.size;
    }
    const metric: MergedMetric = { definition, series: new Map() };
    this.metrics.set(definition.name, metric);
    return metric;
  }
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
