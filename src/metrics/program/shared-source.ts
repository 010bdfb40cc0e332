/** What workers count by `rondo/shared`, read from the memory that they share; docs/operate/program-metrics.md. */

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
    for (const { name, value } of counters) {
      const family = familyOf(name, 'counter', 'A counter of rondo/shared.');
      if (!names.begin(family)) continue;
      if (family.type === 'counter') into.counter('', value);
      else into.gauge('', value);
    }
    if (gauges.length > 0) this.#writeGauges(into, names, gauges);
    for (const { name, value } of histograms) {
      const help = 'A histogram of rondo/shared.';
      if (!names.begin({ name, type: 'histogram', help })) continue;
      const bounds = value.buckets.slice(0, -1).map(({ le }) => String(le));
      const counts = value.buckets.map(({ count }) => count);
      into.histogram('', bounds, { counts, sum: value.sum });
    }
  }

  #writeGauges(
    into: Exposition,
    names: Names,
    gauges: ReadonlyArray<{ name: string; shares: ReadonlyArray<Share<number>> }>,
  ): void {
    const workers = this.#workers();
    for (const { name, shares } of gauges) {
      if (!names.begin(familyOf(name, 'gauge', 'A gauge of rondo/shared, by its process.')))
        continue;
      // Of two processes in a seat, such as a worker and its threads, both count.
      const sums = new Map<string, number>();
      for (const { pid, seat, isAlive, value } of shares) {
        if (!isAlive) continue;
        const known = workers.get(pid);
        const label = known?.seat ?? seat;
        const labels = labelsOf({ ...(label !== null && { seat: label }), ...known?.extra });
        sums.set(labels, (sums.get(labels) ?? 0) + value);
      }
      for (const [labels, sum] of sums) into.gauge(labels, sum);
    }
  }
}
