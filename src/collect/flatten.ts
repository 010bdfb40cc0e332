/**
 * What prom-client's registries say, as series and their values, with their exemplars. Timestamps are dropped: they have no meaning for
 * a sum over processes.
 */

import {
  type Definition,
  type Exemplar,
  isMetricType,
  LONGEST_EXEMPLAR,
  MOST_SERIES,
  type Series,
} from './messages.js';

/** How prom-client's JSON is, as far as it is used. */
interface JsonMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator?: string;
  readonly values?: readonly JsonValue[];
}

interface JsonValue {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
  /** prom-client writes the next one over it. */
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string | number>>;
    readonly value: number;
    readonly timestamp?: number;
  } | null;
}

export interface Flat {
  readonly series: Series[];
  readonly values: number[];
  /** By the place of their series. */
  readonly exemplars: Map<number, Exemplar>;
  readonly leftOut: Record<string, number>;
}

/** Longer than that a name, a help text or a label is left out: it would not fit into a frame. */
const LONGEST_TEXT = 4_000;

/** Of several metrics of one name the first one counts. */
export function flatten(metrics: readonly unknown[]): Flat {
  const flat: Flat = { series: [], values: [], exemplars: new Map(), leftOut: {} };
  const names = new Set<string>();
  for (const one of metrics) {
    const metric = one as JsonMetric;
    const { name, help, type, aggregator = 'sum' } = metric;
    if (aggregator === 'omit') continue;
    if (names.has(name)) {
      leaveOut(flat, 'name_in_use');
      continue;
    }
    names.add(name);
    if (!isMetricType(type)) leaveOut(flat, 'type');
    else {
      const { values = [] } = metric;
      const bounds = type === 'histogram' ? boundsOf(values) : '';
      addMetric(flat, { name, help: String(help), type, aggregator, bounds }, values);
    }
  }
  return flat;
}

function addMetric(flat: Flat, metric: Definition, values: readonly JsonValue[]): void {
  for (const { value, labels = {}, metricName = metric.name, exemplar } of values) {
    const suffix = metricName.slice(metric.name.length);
    // Quantiles of several processes have no common one.
    if (metric.type === 'summary' && suffix === '') leaveOut(flat, 'quantile');
    else if (flat.series.length >= MOST_SERIES) leaveOut(flat, 'too_many');
    else if (isTooLong([metric.name, metric.help, ...Object.entries(labels).flat()])) {
      leaveOut(flat, 'too_long');
    } else {
      const told = exemplarOf(exemplar);
      if (told !== null) flat.exemplars.set(flat.series.length, told);
      flat.series.push({ metric, suffix, labels: asTexts(labels) });
      flat.values.push(Number(value));
    }
  }
}

/** The buckets that there are, in their order. */
function boundsOf(values: readonly JsonValue[]): string {
  const bounds = new Set<string>();
  for (const { labels = {} } of values) if (labels.le !== undefined) bounds.add(String(labels.le));
  return [...bounds].join(' ');
}

/** Null: there is none, or it is longer than OpenMetrics allows. */
function exemplarOf(exemplar: JsonValue['exemplar']): Exemplar | null {
  if (exemplar === undefined || exemplar === null) return null;
  const { labelSet, value, timestamp = Number.NaN } = exemplar;
  const labels = asTexts(labelSet);
  const length = Object.entries(labels).flat().join('').length;
  const isWhole = [value, timestamp].every(Number.isFinite) && length <= LONGEST_EXEMPLAR;
  return isWhole ? { labels, value, time: timestamp } : null;
}

function leaveOut({ leftOut }: Flat, reason: string): void {
  leftOut[reason] = (leftOut[reason] ?? 0) + 1;
}

function isTooLong(texts: ReadonlyArray<string | number>): boolean {
  return texts.reduce<number>((sum, text) => sum + String(text).length, 0) > LONGEST_TEXT;
}

function asTexts(labels: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}
