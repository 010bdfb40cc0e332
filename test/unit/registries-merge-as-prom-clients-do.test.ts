// Registries of several workers are merged as prom-client's own AggregatorRegistry merges them, and what was counted stays.

import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { test } from 'tap';
import { flatten } from '../../src/collect/flatten.js';
import { Merged } from '../../src/collect/merged.js';
import { ProcessValues } from '../../src/collect/process-values.js';

const AGGREGATORS = ['sum', 'first', 'min', 'max', 'average', 'omit'] as const;

/** A worker's registry, with numbers that differ by `n`. */
function registryOf(n: number): Registry {
  const registry = new Registry();
  const registers = [registry];
  const counter = new Counter({ name: 'c_total', help: 'c', labelNames: ['code'], registers });
  counter.inc({ code: 200 }, n);
  counter.inc({ code: `only-${n}` }, 1);
  for (const aggregator of AGGREGATORS) {
    new Gauge({ name: `g_${aggregator}`, help: 'g', aggregator, registers }).set(n * 1.5 - 2);
  }
  const labelNames = ['route'];
  const h = new Histogram({ name: 'h', help: 'h', buckets: [0.1, 1], labelNames, registers });
  for (let i = 0; i < n; i++) h.observe({ route: '/' }, i / 4);
  return registry;
}

async function tell(values: ProcessValues, registry: Registry, isAnew = true): Promise<void> {
  const flat = flatten(await registry.getMetricsAsJSON());
  values.hear({ type: 'series', isAnew, series: flat.series }, 0);
  values.hear({ type: 'values', values: Float64Array.from(flat.values) }, 0);
}

/** By metric, suffix and labels. */
function shown(merged: Merged, all: readonly ProcessValues[]): Record<string, number> {
  for (const { series } of merged.metrics.values()) for (const one of series.values()) one.begin();
  for (const one of all) one.addAll();
  const found: Record<string, number> = {};
  for (const [name, { series }] of merged.metrics) {
    for (const one of series.values()) {
      const value = one.value();
      if (value !== undefined) found[keyOf(name + one.suffix, one.labels)] = value;
    }
  }
  return found;
}

function keyOf(name: string, labels: Readonly<Record<string, string | number>>): string {
  const texts = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  return `${name} ${texts.sort().join()}`;
}

async function byPromClient(registries: readonly Registry[]): Promise<Record<string, number>> {
  const all = await Promise.all(registries.map((one) => one.getMetricsAsJSON()));
  const found: Record<string, number> = {};
  for (const { name, values } of await AggregatorRegistry.aggregate(all).getMetricsAsJSON()) {
    for (const { value, labels, ...one } of values) {
      const { metricName = name } = one as { metricName?: string };
      found[keyOf(metricName, labels as Record<string, string>)] = value;
    }
  }
  return found;
}

async function told(merged: Merged, registries: readonly Registry[]): Promise<ProcessValues[]> {
  const all = registries.map((_, pid) => new ProcessValues(pid, merged, {}, 0));
  for (const [i, values] of all.entries()) await tell(values, registries[i] as Registry);
  return all;
}

test('the same numbers for the same registries', async (t) => {
  const registries = [1, 2, 7].map(registryOf);
  const merged = new Merged();
  const all = await told(merged, registries);
  const expected = await byPromClient(registries);
  t.ok(Object.keys(expected).length > 12);
  t.strictSame(shown(merged, all), expected);
});

test('what was counted stays when a process ends, and gauges go', async (t) => {
  const merged = new Merged();
  const [one, two] = (await told(merged, [3, 4].map(registryOf))) as [ProcessValues, ProcessValues];
  const before = shown(merged, [one, two]);
  one.end();
  const after = shown(merged, [two]);
  for (const [key, value] of Object.entries(before)) {
    if (!key.startsWith('g_')) t.equal(after[key], value, key);
  }
  t.equal(after['g_sum '], 4, 'of the other one alone');
  two.end();
  t.strictSame(
    Object.keys(shown(merged, [])).filter((key) => key.startsWith('g_')),
    [],
  );
});

test('a registry that begins anew or loses series lets no sum fall', async (t) => {
  const registry = registryOf(5);
  const merged = new Merged();
  const [values] = (await told(merged, [registry])) as [ProcessValues];
  const before = shown(merged, [values]);
  await tell(values, registry);
  t.strictSame(shown(merged, [values]), before, 'told again it is the same');
  registry.resetMetrics();
  await tell(values, registry);
  const reset = shown(merged, [values]);
  t.equal(reset['c_total code=200'], 5);
  t.equal(reset['h_sum route=/'], before['h_sum route=/']);
  (registry.getSingleMetric('c_total') as Counter).inc({ code: '200' }, 2);
  (registry.getSingleMetric('h') as Histogram).observe({ route: '/' }, 10);
  await tell(values, registry);
  const again = shown(merged, [values]);
  t.equal(again['c_total code=200'], 7, 'and goes on from there');
  t.equal(again['h_sum route=/'], (before['h_sum route=/'] as number) + 10);
});

test('numbers that fall within a series count from there', async (t) => {
  const series = flatten([
    { name: 'c_total', help: '', type: 'counter', aggregator: 'sum', values: [{ value: 5 }] },
  ]).series;
  const merged = new Merged();
  const values = new ProcessValues(1, merged, {}, 0);
  values.hear({ type: 'series', isAnew: true, series }, 0);
  for (const value of [5, 9, 2, 3]) {
    values.hear({ type: 'values', values: Float64Array.of(value) }, 0);
  }
  t.strictSame(shown(merged, [values]), { 'c_total ': 12 });
  t.throws(() => values.hear({ type: 'values', values: Float64Array.of(1, 2) }, 0));
});
