/** The prom-client registries of all workers, merged; what is known of them is kept by the Desk. */

import type { Desk } from '../../collect/desk.js';
import type { MergedMetric, MergedSeries } from '../../collect/merged.js';
import { type Exemplar, type Exposition, type Family, labelsOf } from '../exposition.js';
import { familyOf, type Names } from './names.js';

const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export class RegistrySource {
  readonly #desk: Desk;
  /** As text, for a series has them as long as it is there. */
  readonly #labels = new WeakMap<MergedSeries, string | null>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  write(into: Exposition, names: Names): void {
    const ages = this.#desk.read();
    for (const metric of this.#desk.merged.metrics.values()) this.#writeMetric(into, names, metric);
    for (const [reason, count] of Object.entries(this.#desk.leftOut())) {
      names.leaveOut(reason, count);
    }
    if (ages.size === 0) return;
    into.family({
      name: 'rondo_program_metrics_age_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: "How old what is known of a worker's own metrics is; of two workers in a seat the older.",
    });
    for (const [seat, ms] of ages) into.gauge(labelsOf({ seat }), ms / 1_000);
  }

  #writeMetric(into: Exposition, names: Names, { definition, series }: MergedMetric): void {
    const all: Array<{ suffix: string; labels: string; value: number; exemplar?: Exemplar }> = [];
    for (const one of series.values()) {
      const value = one.value();
      if (value === undefined) continue;
      const labels = this.#labelsOf(one);
      if (labels === null || !fits(definition.type, one.suffix)) names.leaveOut('label', 1);
      else all.push({ suffix: one.suffix, labels, value, ...exemplarIn(one) });
    }
    if (all.length === 0) return;
    const family = this.#familyOf(definition);
    if (!names.begin(family)) return;
    const isCounter = family.type === 'counter';
    for (const { suffix, labels, value, exemplar } of all) {
      // OpenMetrics has them there only.
      const told = isCounter || suffix === '_bucket' ? exemplar : undefined;
      into.sample(isCounter ? '_total' : suffix, labels, value, told);
    }
  }

  #familyOf({ name, type, help }: MergedMetric['definition']): Family {
    const text = help === '' ? 'A metric of the program.' : help;
    if (type === 'counter' || type === 'gauge') return familyOf(name, type, text);
    return { name, type, help: text };
  }

  /** Null: they cannot be written. */
  #labelsOf(series: MergedSeries): string | null {
    let text = this.#labels.get(series);
    if (text === undefined) {
      const isFit = Object.keys(series.labels).every((name) => LABEL.test(name));
      text = isFit ? labelsOf(series.labels) : null;
      this.#labels.set(series, text);
    }
    return text;
  }
}

function exemplarIn({ exemplar }: MergedSeries): { exemplar?: Exemplar } {
  if (exemplar === null) return {};
  return Object.keys(exemplar.labels).every((name) => LABEL.test(name)) ? { exemplar } : {};
}

function fits(type: MergedMetric['definition']['type'], suffix: string): boolean {
  if (type === 'histogram') return ['_bucket', '_sum', '_count'].includes(suffix);
  return type === 'summary' ? ['_sum', '_count'].includes(suffix) : suffix === '';
}
