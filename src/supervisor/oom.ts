/**
 * Whether a process that got SIGKILL was killed by the kernel because memory was exhausted. The control group only counts such
 * kills: as many deaths by SIGKILL as there were kills since the last look are put down to them. Those of which no worker
 * has died until some time later were of others, such as a worker's own children.
 */

import { oomKills } from './cgroup.js';

export class OomWatch {
  readonly #count: () => number;
  #known: number;
  #untold = 0;

  constructor(count: () => number = oomKills) {
    this.#count = count;
    this.#known = count();
  }

  /** What was killed until now was no worker. */
  forget(): void {
    this.#known = this.#count();
    this.#untold = 0;
  }

  /** One of those that nobody has been told of. */
  take(): boolean {
    const count = this.#count();
    this.#untold += Math.max(0, count - this.#known);
    this.#known = count;
    if (this.#untold === 0) return false;
    this.#untold--;
    return true;
  }
}
