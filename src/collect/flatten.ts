/**
 * What prom-client's registries say, as series and their values. Timestamps and exemplars are dropped: neither has a
 * meaning for a sum over processes.
 */

import { type Definition, isMetricType, MOST_SERIES, type Series } from './messages.js';

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
}

export interface Flat {
  readonly series: Series[];
  readonly values: number[];
  readonly leftOut: Record<string, number>;
}

/** Longer than that a name, a help text or a label is left out: it would not fit into a frame. */
const LONGEST_TEXT = 4_000;

/** Of several metrics of one name the first one counts. */
export function flatten(metrics: readonly unknown[]): Flat {
  const flat: Flat = { series: [], values: [], leftOut: {} };
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
    else addMetric(flat, { name, help: String(help), type, aggregator }, metric.values ?? []);
  }
  return flat;
}

function addMetric(flat: Flat, metric: Definition, values: readonly JsonValue[]): void {
  for (const { value, labels = {}, metricName = metric.name } of values) {
    const suffix = metricName.slice(metric.name.length);
    // Quantiles of several processes have no common one.
    if (metric.type === 'summary' && suffix === '') leaveOut(flat, 'quantile');
    else if (flat.series.length >= MOST_SERIES) leaveOut(flat, 'too_many');
    else if (isTooLong([metric.name, metric.help, ...Object.entries(labels).flat()])) {
      leaveOut(flat, 'too_long');
    } else {
      flat.series.push({ metric, suffix, labels: asTexts(labels) });
      flat.values.push(Number(value));
    }
  }
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
