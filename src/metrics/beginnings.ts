/**
 * How the samples of a family begin, which is the same in each scrape: `rondo_connections_open{seat="0"} `. Kept
 * as bytes, by the family's name and the labels, within bounds: a program's labels may be others each time.
 */

const MOST_FAMILIES = 256;
/** Of each family: enough for all seats. What else there is is made anew each time. */
const MOST_SAMPLES = 2_048;

const families = new Map<string, Beginnings>();

export function beginningsOf(name: string): Beginnings {
  let beginnings = families.get(name);
  if (beginnings === undefined) {
    beginnings = new Beginnings(name);
    if (families.size < MOST_FAMILIES) families.set(name, beginnings);
  }
  return beginnings;
}

export class Beginnings {
  readonly #name: string;
  /** By the suffix, then by the labels. */
  readonly #samples = new Map<string, Map<string, Uint8Array>>();
  /** By the labels; of one list of bounds. */
  readonly #buckets = new Map<string, Uint8Array[]>();
  #bounds: readonly string[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  of(suffix: string, labels: string): Uint8Array {
    let samples = this.#samples.get(suffix);
    if (samples === undefined) {
      samples = new Map();
      this.#samples.set(suffix, samples);
    }
    let beginning = samples.get(labels);
    if (beginning === undefined) {
      beginning = Buffer.from(`${this.#name}${suffix}${labels} `);
      if (samples.size < MOST_SAMPLES) samples.set(labels, beginning);
    }
    return beginning;
  }

  /** One for each bound, and for all above. */
  ofBuckets(labels: string, bounds: readonly string[]): readonly Uint8Array[] {
    if (bounds !== this.#bounds) {
      this.#buckets.clear();
      this.#bounds = bounds;
    }
    let buckets = this.#buckets.get(labels);
    if (buckets === undefined) {
      const open = labels === '' ? '{' : `${labels.slice(0, -1)},`;
      buckets = [...bounds, '+Inf'].map((bound) =>
        Buffer.from(`${this.#name}_bucket${open}le="${bound}"} `),
      );
      if (this.#buckets.size < MOST_SAMPLES) this.#buckets.set(labels, buckets);
    }
    return buckets;
  }
}
