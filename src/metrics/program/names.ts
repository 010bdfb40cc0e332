/** Which names the program's metrics may have in one scrape: those of a metric, not rondo's, and each once. */

import type { Exposition, Family } from '../exposition.js';

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Ends of names that say more than a gauge, or a number of any kind, is. */
const TELLING = /_(total|count|sum|bucket|created)$/;

const SUFFIXES: Partial<Record<Family['type'], readonly string[]>> = {
  counter: ['_total'],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

export class Names {
  readonly #into: Exposition;
  readonly #samples = new Set<string>();
  readonly #leftOut = new Map<string, number>();

  constructor(into: Exposition) {
    this.#into = into;
  }

  /** Begins that family; false if it cannot be there, which is counted. */
  begin(family: Family): boolean {
    const { name, type } = family;
    const reason = this.#reasonAgainst(name, type);
    if (reason !== null) {
      this.leaveOut(reason, 1);
      return false;
    }
    for (const sample of samplesOf(name, type)) this.#samples.add(sample);
    this.#into.family(family);
    return true;
  }

  leaveOut(reason: string, count: number): void {
    if (count > 0) this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + count);
  }

  leftOut(): Iterable<[reason: string, count: number]> {
    return this.#leftOut;
  }

  #reasonAgainst(name: string, type: Family['type']): string | null {
    if (!NAME.test(name)) return 'name';
    if (name.startsWith('rondo_')) return 'reserved';
    const isTaken =
      this.#into.has(name) || samplesOf(name, type).some((sample) => this.#samples.has(sample));
    return isTaken ? 'name_in_use' : null;
  }
}

/** What samples of such a family may be called. */
export function samplesOf(name: string, type: Family['type']): string[] {
  return (SUFFIXES[type] ?? ['']).map((suffix) => name + suffix);
}

/**
 * How a number is told under the name that the program gave it. Of a counter that must be `…_total`; other names keep
 * their own, and are of no type that a reader could rely on.
 */
export function familyOf(name: string, type: 'counter' | 'gauge', help: string): Family {
  if (type === 'counter' && name.endsWith('_total')) {
    return { name: name.slice(0, -'_total'.length), type, help };
  }
  const isPlain = type === 'gauge' && !TELLING.test(name);
  return { name, type: isPlain ? type : 'unknown', help };
}
