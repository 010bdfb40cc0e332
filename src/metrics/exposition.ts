/**
 * The text of `/metrics`, in the format that the scraper asked for: Prometheus' text format 0.0.4, or
 * OpenMetrics 1.0. A writer only: what the figures are is said by the sources, in the order in which they are
 * asked. A family is written at one place, whole, as both formats want it.
 */

import { invalidOption } from '../errors.js';
import { Bytes, numberText } from './bytes.js';
import { escapeHelp, escapeValue, labelsOf, withOwn } from './labels.js';

export { labelsOf } from './labels.js';

export type Format = 'prometheus' | 'openmetrics';

/** What adds metrics to a scrape. Must be quick, throw nothing and ask no worker: others wait meanwhile. */
export interface MetricSource {
  write(into: Exposition): void;
}

/** What a family of samples is. */
export interface Family {
  /** Without the `_total` of a counter. Ends in `_` and the unit, if there is one. */
  name: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown';
  help: string;
  /** In the plural: `seconds`, `bytes`. OpenMetrics tells it. */
  unit?: string;
}

/** Counts of a histogram's buckets, those of one bucket alone and not of all below, and the sum of values. */
export interface HistogramCounts {
  counts: ArrayLike<number>;
  sum: number;
}

/** A family as it is written: its own lines are not in the text, its samples are. */
export interface Block {
  family: Family;
  text: string;
}

/** A case of what was counted, such as the trace of a request; OpenMetrics only. */
export interface Exemplar {
  labels: Readonly<Record<string, string>>;
  value: number;
  /** In seconds since 1970. */
  time: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export const CONTENT_TYPES: Record<Format, string> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

export class Exposition {
  readonly format: Format;
  readonly #names = new Set<string>();
  #bytes = new Bytes();
  readonly #own: Readonly<Record<string, string>>;
  readonly #places: Array<{ family: Family; head: number; samples: number }> = [];
  #name = '';

  /** `own` are labels of every sample; a source's label of the same name becomes `exported_…`. */
  constructor(format: Format, own: Readonly<Record<string, string>> = {}) {
    this.format = format;
    this.#own = own;
  }

  /** Written over what the last one of the same format and labels has written. @internal */
  static over(bytes: Bytes, format: Format): Exposition {
    const exposition = new Exposition(format);
    exposition.#bytes = bytes;
    bytes.rewind();
    return exposition;
  }

  /** Whether there is a family of that name already: it cannot come twice. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /**
   * Begins a family, whose samples follow. Throws `ERR_RONDO_INVALID_OPTION` for a name that is none, that is
   * in use (see `has()`), or that does not end in the unit.
   */
  family(family: Family): void {
    const { name, type, help, unit } = family;
    if (!NAME.test(name)) throw invalidOption('name', 'the name of a metric', name);
    if (this.#names.has(name)) throw invalidOption('name', 'of no other family', name);
    if (unit !== undefined && !name.endsWith(`_${unit}`)) {
      throw invalidOption('name', `a name that ends in _${unit}`, name);
    }
    this.#names.add(name);
    const start = this.#bytes.length;
    this.#name = name;
    const isOpen = this.format === 'openmetrics';
    // In the older format the name of a counter is that of its samples.
    const head = type === 'counter' && !isOpen ? `${name}_total` : name;
    const kind = type === 'unknown' && !isOpen ? 'untyped' : type;
    if (isOpen) {
      const unitLine = unit === undefined ? '' : `# UNIT ${head} ${unit}\n`;
      this.#bytes.text(`# TYPE ${head} ${kind}\n${unitLine}# HELP ${head} ${escapeValue(help)}\n`);
    } else {
      this.#bytes.text(`# HELP ${head} ${escapeHelp(help)}\n# TYPE ${head} ${kind}\n`);
    }
    this.#places.push({ family, head: start, samples: this.#bytes.length });
  }

  /** Of a counter. `labels` as {@link labelsOf} writes them, `''` for none. */
  counter(labels: string, value: number): void {
    this.sample('_total', labels, value);
  }

  /** Of a gauge, or of what has a type of its own. */
  gauge(labels: string, value: number): void {
    this.sample('', labels, value);
  }

  /** A sample of the family with that at the end of its name: `_sum`, `_count`, `_bucket`, … */
  sample(suffix: string, labels: string, value: number, exemplar?: Exemplar): void {
    const all = withOwn(labels, this.#own);
    if (exemplar === undefined || this.format !== 'openmetrics') {
      if (this.#bytes.isNext(all, suffix)) this.#bytes.again(value);
      else this.#bytes.line(all, suffix, `${this.#name}${suffix}${all} `, value);
      return;
    }
    const number = numberText(value);
    const of = labelsOf(exemplar.labels);
    const text = `${numberText(exemplar.value)} ${exemplar.time}\n`;
    this.#bytes.text(`${this.#name}${suffix}${all} ${number} # ${of === '' ? '{}' : of} ${text}`);
  }

  /** Samples of the family that another exposition of the same format has written. @internal */
  samples(text: string): void {
    this.#bytes.text(text);
  }

  /** Of a histogram. `bounds` are the upper ones as text; one more bucket follows, for all above. */
  histogram(labels: string, bounds: readonly string[], { counts, sum }: HistogramCounts): void {
    this.histogramAt(labels, bounds, [...Array.from(counts), sum], 0, 1);
  }

  /** The same of numbers in a row: the counts, then the sum, which is `unit` times what it is to be. @internal */
  histogramAt(
    labels: string,
    bounds: readonly string[],
    numbers: ArrayLike<number>,
    from: number,
    unit: number,
  ): void {
    const all = withOwn(labels, this.#own);
    let total = 0;
    for (let at = 0; at <= bounds.length; at++) {
      total += numbers[from + at] as number;
      const bound = bounds[at] ?? '+Inf';
      if (this.#bytes.isNext(all, bound)) this.#bytes.again(total);
      else this.#bytes.line(all, bound, `${this.#name}_bucket${withBound(all, bound)} `, total);
    }
    this.sample('_sum', labels, (numbers[from + bounds.length + 1] as number) * unit);
    this.sample('_count', labels, total);
  }

  /** What has been written. @internal */
  blocks(): Block[] {
    return this.#places.map(({ family, samples }, index) => {
      const end = this.#places[index + 1]?.head ?? this.#bytes.length;
      return { family, text: this.#bytes.slice(samples, end) };
    });
  }

  /** All of it. Nothing is added after it. */
  end(): Buffer {
    if (this.format === 'openmetrics') this.#bytes.text('# EOF\n');
    return this.#bytes.written;
  }
}

function withBound(labels: string, bound: string): string {
  return `${labels === '' ? '{' : `${labels.slice(0, -1)},`}le="${bound}"}`;
}

/** The format that a scraper's `Accept` header prefers; the older one if it says nothing that is known. */
export function formatFor(accept: string | undefined): Format {
  let best: { format: Format; quality: number } = { format: 'prometheus', quality: 0 };
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const format = formatOf(type, parameters);
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const quality = q === undefined ? 1 : Number(q);
    // Of equals the first one, but for NaN, which is neither.
    if (format !== null && quality > best.quality) best = { format, quality };
  }
  return best.format;
}

function formatOf(type: string, parameters: readonly string[]): Format | null {
  const version = parameters.find((parameter) => parameter.startsWith('version='))?.slice(8);
  if (type === 'application/openmetrics-text') {
    return version === undefined || ['1.0.0', '0.0.1'].includes(version) ? 'openmetrics' : null;
  }
  return ['text/plain', 'text/*', '*/*'].includes(type) ? 'prometheus' : null;
}
