// How long messages were on their way, by a clock that all processes of the machine share.
import { createHistogram } from 'node:perf_hooks';

export function monitor() {
  const histogram = createHistogram();
  return {
    /** Microseconds. */
    now: () => Number(process.hrtime.bigint() / 1_000n),
    /** @param {number} sentAt by now() */
    record(sentAt) {
      histogram.record(Math.max(1, this.now() - sentAt));
    },
    reset: () => histogram.reset(),
    figures: () => ({ p99Us: histogram.percentile(99), maxUs: histogram.max }),
  };
}
