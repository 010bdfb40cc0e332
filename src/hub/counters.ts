/** What `stats()` counts, in one place that links and readers write to. */
export interface Counters {
  sent: number;
  received: number;
  dropped: number;
}
