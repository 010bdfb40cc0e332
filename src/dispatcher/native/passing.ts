/** Connections between two primaries: what the engine keeps for another one, and what comes from it. */

import type { NativeEngine, PassedConnection } from '../../native/engine.js';
import type { Passing } from '../transport.js';

export class NativePassing implements Passing {
  readonly #engine: NativeEngine;
  onMore: () => void = () => {};

  constructor(engine: NativeEngine) {
    this.#engine = engine;
  }

  begin(onMore: () => void): void {
    this.onMore = onMore;
    this.#engine.beginHandOver();
  }

  take(most: number): PassedConnection[] {
    return this.#engine.takeIdle(most);
  }

  end(fd: number, isPassed: boolean): void {
    this.#engine.endIdle(fd, isPassed);
  }

  give({ listener, fd, idleMs, isDue, about }: PassedConnection): void {
    this.#engine.giveIdle(listener, fd, idleMs, isDue, about);
  }
}
