/** Messages that wait for one reader, first in, first out. Its limits are its owner's business. */

/** What has become of a message. `lost`: the connection broke while it was under way. */
export type Outcome = 'sent' | 'dropped' | 'rejected' | 'lost' | 'gone';

export interface Entry {
  readonly frame: Buffer;
  /** Called once. Null: nobody wants to know. */
  readonly settle: ((outcome: Outcome) => void) | null;
}

/** How much of the array may be behind before it is cut. */
const MOST_TAKEN = 1_024;

export class Queue {
  #entries: Entry[] = [];
  /** Those before it are taken. */
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.frame.length;
  }

  shift(): Entry | undefined {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return undefined;
    this.#head++;
    this.#bytes -= entry.frame.length;
    if (this.#head === this.#entries.length) this.clear();
    else if (this.#head >= MOST_TAKEN && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** As many from the front as fit into the bytes, at least one. */
  take(maxBytes: number): Entry[] {
    const taken: Entry[] = [];
    let bytes = 0;
    for (;;) {
      const next = this.#entries[this.#head];
      if (next === undefined) break;
      bytes += next.frame.length;
      if (taken.length > 0 && bytes > maxBytes) break;
      this.shift();
      taken.push(next);
    }
    return taken;
  }

  takeAll(): Entry[] {
    const all = this.#entries.slice(this.#head);
    this.clear();
    return all;
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}
