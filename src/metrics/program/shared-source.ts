/** What workers count by `rondo/shared`, read from the memory that they share; docs/operate/program-metrics.md. */

import { missingReason } from '../../shared/environment.js';
import { helpOf, type MetricKind } from '../../shared/help.js';
import { parseSeriesName, seriesName } from '../../shared/series-name.js';
import type { Share } from '../../shared/types.js';
import { SharedWatch } from '../../shared/watch.js';
import { type Exposition, labelsOf } from '../exposition.js';
import { familyOf, type Names } from './names.js';
import type { Workers } from './workers.js';

export class SharedSource {
  readonly #watch = new SharedWatch();
  readonly #workers: Workers;

  constructor(workers: Workers) {
    this.#workers = workers;
  }

  write(into: Exposition, names: Names): void {
    const { counters, gauges, histograms, unreadable } = this.#watch.read();
    names.leaveOut('unreadable', unreadable);
    for (const [name, series] of familiesIn(counters, [], names)) {
      const help = helpText('counter', name, 'A counter of rondo/shared.');
      const family = familyOf(name, 'counter', help);
      if (!names.begin(family)) continue;
      for (const { labels, one } of series) {
        if (family.type === 'counter') into.counter(labelsOf(labels), one.value);
        else into.gauge(labelsOf(labels), one.value);
      }
    }
    if (gauges.length > 0) this.#writeGauges(into, names, gauges);
    for (const [name, series] of familiesIn(histograms, ['le'], names)) {
      const help = helpText('histogram', name, 'A histogram of rondo/shared.');
      if (!names.begin({ name, type: 'histogram', help })) continue;
      for (const { labels, one } of series) {
        const { buckets, sum } = one.value;
        const bounds = buckets.slice(0, -1).map(({ le }) => String(le));
        into.histogram(labelsOf(labels), bounds, {
          counts: buckets.map(({ count }) => count),
          sum,
        });
      }
    }
  }

  #writeGauges(
    into: Exposition,
    names: Names,
    gauges: ReadonlyArray<{ name: string; shares: ReadonlyArray<Share<number>> }>,
  ): void {
    const workers = this.#workers();
    const taken = ['seat', ...[...workers.values()].flatMap(({ extra }) => Object.keys(extra))];
    for (const [name, series] of familiesIn(gauges, taken, names)) {
      const help = helpText('gauge', name, 'A gauge of rondo/shared, by its process.');
      if (!names.begin(familyOf(name, 'gauge', help))) continue;
      // Of two processes in a seat, such as a worker and its threads, both count.
      const sums = new Map<string, number>();
      for (const { labels: own, one } of series) {
        for (const { pid, seat, isAlive, value } of one.shares) {
          if (!isAlive) continue;
          const known = workers.get(pid);
          const label = known?.seat ?? seat;
          const place = { ...(label !== null && { seat: label }), ...known?.extra };
          const labels = labelsOf({ ...own, ...place });
          sums.set(labels, (sums.get(labels) ?? 0) + value);
        }
      }
      for (const [labels, sum] of sums) into.gauge(labels, sum);
    }
  }
}

type Labelled<One> = Array<{ labels: Record<string, string>; one: One }>;

/**
 * By the metric's name those that have it, with the labels that stand in their names; `taken` are labels that they
 * cannot have. What is not written as a metric is left out, and so is a second one with the same labels.
 */
function familiesIn<One extends { name: string }>(
  all: readonly One[],
  taken: readonly string[],
  names: Names,
): Map<string, Labelled<One>> {
  const families = new Map<string, Labelled<One>>();
  const known = new Set<string>();
  for (const one of all) {
    const parsed = parseSeriesName(one.name);
    if (parsed === null) {
      names.leaveOut('name', 1);
      continue;
    }
    const { family, labels } = parsed;
    const key = seriesName(family, labels);
    const reason = taken.some((label) => Object.hasOwn(labels, label)) ? 'label' : 'name_in_use';
    if (reason === 'label' || known.has(key)) {
      names.leaveOut(reason, 1);
      continue;
    }
    known.add(key);
    const series = families.get(family) ?? [];
    families.set(family, series);
    series.push({ labels, one });
  }
  return families;
}

function helpText(kind: MetricKind, name: string, general: string): string {
  try {
    return (missingReason() === undefined ? helpOf(kind, name) : undefined) ?? general;
  } catch {
    // Memory that cannot be used; what is there else is told by its number.
    return general;
  }
}
