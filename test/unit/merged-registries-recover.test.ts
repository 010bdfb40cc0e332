// What cannot be merged at a time can be later: a new release's metric that differs is there when the last of the old one
// has ended. Nothing poisons a sum, and labels that come and go do not fill the room that there is.

import { test } from 'tap';
import { flatten } from '../../src/collect/flatten.js';
import { Merged } from '../../src/collect/merged.js';
import { type Series, seriesFrame } from '../../src/collect/messages.js';
import { ProcessValues } from '../../src/collect/process-values.js';

function tell(values: ProcessValues, metrics: unknown[]): void {
  const flat = flatten(metrics);
  values.hear({ type: 'series', isAnew: true, series: flat.series }, 0);
  values.hear({ type: 'values', values: Float64Array.from(flat.values) }, 0);
  values.hear({ type: 'done', leftOut: flat.leftOut }, 0);
}

function shown(merged: Merged, all: readonly ProcessValues[]): Record<string, number> {
  for (const { series } of merged.metrics.values()) for (const one of series.values()) one.begin();
  for (const one of all) one.addAll();
  const found: Record<string, number> = {};
  for (const [name, { series }] of merged.metrics) {
    for (const one of series.values()) {
      const value = one.value();
      const labels = Object.values(one.labels).join();
      if (value !== undefined) found[`${name}${one.suffix} ${labels}`] = value;
    }
  }
  return found;
}

function histogram(counts: Record<string, number>): unknown {
  const values = Object.entries(counts).map(([le, value]) => ({
    value,
    labels: { le },
    metricName: 'h_bucket',
  }));
  return { name: 'h', help: '', type: 'histogram', aggregator: 'sum', values };
}

function metric(type: string, value: number, labels = {}): unknown {
  return { name: 'm', help: '', type, aggregator: 'sum', values: [{ value, labels }] };
}

test('a metric that differs', async (t) => {
  const merged = new Merged();
  const [old, next] = [1, 2].map((pid) => new ProcessValues(pid, merged, {}, 0)) as [
    ProcessValues,
    ProcessValues,
  ];
  tell(old, [metric('counter', 5), histogram({ '0.1': 10, '1': 10, '+Inf': 10 })]);
  tell(next, [metric('gauge', 7), histogram({ '0.5': 5, '+Inf': 5 })]);
  t.strictSame(next.refused, { differs: 3 });
  t.strictSame(shown(merged, [old, next]), {
    'm ': 5,
    'h_bucket 0.1': 10,
    'h_bucket 1': 10,
    'h_bucket +Inf': 10,
  });
  old.end();
  next.retry();
  t.strictSame(next.refused, {});
  t.strictSame(
    shown(merged, [next]),
    { 'm ': 7, 'h_bucket 0.5': 5, 'h_bucket +Inf': 5 },
    'buckets of two lists are never one histogram',
  );
  next.hear({ type: 'values', values: Float64Array.of(8, 6, 6) }, 0);
  t.equal(shown(merged, [next])['h_bucket +Inf'], 6);
});

test('no number', async (t) => {
  const merged = new Merged();
  const values = new ProcessValues(1, merged, {}, 0);
  tell(values, [metric('counter', 5)]);
  for (const value of [Number.NaN, 6, Number.POSITIVE_INFINITY, 7]) {
    values.hear({ type: 'values', values: Float64Array.of(value) }, 0);
    t.ok(Number.isFinite(shown(merged, [values])['m ']), String(value));
  }
  t.strictSame(shown(merged, [values]), { 'm ': 7 });
  values.end();
  t.strictSame(shown(merged, []), { 'm ': 7 });
});

test('labels that come and go', async (t) => {
  const merged = new Merged();
  const values = new ProcessValues(1, merged, {}, 0);
  for (let i = 0; i < 20_100; i++) tell(values, [metric('gauge', i, { id: i })]);
  t.strictSame(values.refused, {}, 'there is room for the last one');
  t.strictSame(shown(merged, [values]), { 'm 20099': 20_099 });
  t.equal(merged.metrics.get('m')?.series.size, 1);
});

test('8,000 series are told in a moment', async (t) => {
  const values = Array.from({ length: 8_000 }, (_, id) => ({
    value: id,
    labels: { id, path: 'x'.repeat(100) },
  }));
  let { series }: { series: readonly Series[] } = flatten([
    { name: 'm', help: 'h', type: 'counter', aggregator: 'sum', values },
  ]);
  let told = 0;
  while (series.length > 0) {
    const [count] = seriesFrame(series, told === 0);
    told += count;
    series = series.slice(count);
    // To try all that is left for each frame takes a second.
    if (count === 0 || count > 256) break;
  }
  t.equal(told, 8_000);
});
