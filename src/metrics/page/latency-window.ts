/** Times of the last seconds, from histograms that only ever grow: what has been added to each bucket. */

import type { LatencyView } from './wire.js';

const WINDOW_MS = 10_000;

/** Rows that can be read at a glance; finer buckets are added up. */
const ROWS_MS = [0.1, 0.25, 0.5, 1, 5, 25, 100, 1_000];

/** Since the beginning. */
export interface Histogram {
  /** The longest time of each bucket, in milliseconds, ascending. */
  boundsMs: readonly number[];
  /** One more than bounds: the last one is for what is longer. */
  counts: readonly number[];
}

export class LatencyWindow {
  #past: Array<{ time: number; counts: readonly number[] }> = [];

  /** Null where nothing is known; then the past is forgotten, and so it is where counts have fallen. */
  add(time: number, histogram: Histogram | null): LatencyView | null {
    if (histogram === null) {
      this.#past = [];
      return null;
    }
    const { boundsMs, counts } = histogram;
    const last = this.#past.at(-1);
    if (last?.counts.some((count, index) => (counts[index] ?? 0) < count)) this.#past = [];
    this.#past.push({ time, counts });
    // The first one that is kept is at the window's beginning.
    while ((this.#past[1]?.time ?? time) <= time - WINDOW_MS) this.#past.shift();
    const before = this.#past[0]?.counts ?? [];
    return latencyOf(
      boundsMs,
      counts.map((count, index) => count - (before[index] ?? 0)),
    );
  }
}

function latencyOf(boundsMs: readonly number[], counts: readonly number[]): LatencyView {
  const count = counts.reduce((sum, one) => sum + one, 0);
  const within = (share: number): number | 'more' | null => {
    if (count === 0) return null;
    let sum = 0;
    for (const [index, bound] of boundsMs.entries()) {
      sum += counts[index] ?? 0;
      if (sum >= share * count) return bound;
    }
    return 'more';
  };
  return {
    rows: rowsOf(boundsMs, counts),
    count,
    p50: within(0.5),
    p99: within(0.99),
    p999: within(0.999),
  };
}

function rowsOf(boundsMs: readonly number[], counts: readonly number[]): LatencyView['rows'] {
  const rows = [...ROWS_MS, null].map((upToMs) => ({ upToMs, count: 0 }));
  for (const [index, count] of counts.entries()) {
    const bound = boundsMs[index] ?? Number.POSITIVE_INFINITY;
    const row = rows.find(({ upToMs }) => upToMs === null || bound <= upToMs);
    if (row !== undefined) row.count += count;
  }
  return rows;
}
