/**
 * Changes of files become reloads: one when it has been quiet for a moment, never two at once. What changes while one
 * is under way leads to one more.
 *
 *   held ──▶ idle ──▶ waiting ──▶ reloading ──▶ idle, or waiting if more has changed
 */

/** Whoever saves several files, or builds, is done by then. */
const QUIET_MS = 100;
/** Of changes that do not end. */
const MOST_MS = 1_000;

export class Changes {
  readonly #reload: (files: string[]) => Promise<void>;
  readonly #files = new Set<string>();
  #state: 'held' | 'idle' | 'waiting' | 'reloading' | 'closed' = 'held';
  #timer: NodeJS.Timeout | undefined;
  #since = 0;

  /** `reload` does not reject. */
  constructor(reload: (files: string[]) => Promise<void>) {
    this.#reload = reload;
  }

  add(file: string): void {
    if (this.#state === 'closed') return;
    this.#files.add(file);
    if (this.#state === 'idle' || this.#state === 'waiting') this.#wait();
  }

  /** What has changed until then is not forgotten. */
  begin(): void {
    if (this.#state !== 'held') return;
    this.#state = 'idle';
    if (this.#files.size > 0) this.#wait();
  }

  close(): void {
    this.#state = 'closed';
    clearTimeout(this.#timer);
  }

  #wait(): void {
    const now = performance.now();
    if (this.#state !== 'waiting') this.#since = now;
    this.#state = 'waiting';
    clearTimeout(this.#timer);
    const ms = Math.max(0, Math.min(QUIET_MS, this.#since + MOST_MS - now));
    this.#timer = setTimeout(() => void this.#run(), ms);
  }

  async #run(): Promise<void> {
    this.#state = 'reloading';
    const files = [...this.#files];
    this.#files.clear();
    await this.#reload(files);
    if (this.#isClosed) return;
    this.#state = 'idle';
    if (this.#files.size > 0) this.#wait();
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
