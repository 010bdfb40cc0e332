/** What the ipc transport counts. */

import type { ListenerCounts } from '../transport.js';
import { clockMs } from './clock.js';

/** Of a slot's number, over all processes that were assigned to it. */

export interface Figures {
  handed: number;
  ended: number;
  refused: number;
  reclaimed: number;
  unfinished: number;
  handoffErrors: Record<string, number>;
}

export class Counters {
  readonly #listeners = new Map<number, ListenerCounts>();
  readonly #slots = new Map<number, Figures>();

  listener(id: number): ListenerCounts {
    return getOr(this.#listeners, id, () => ({
      accepted: 0,
      redealt: 0,
      closed: 0,
      turnedAway: 0,
      acceptErrors: {},
      renewErrors: {},
    }));
  }

  /** The figures of a former listener of that id end here. */
  renewListener(id: number): ListenerCounts {
    this.#listeners.delete(id);
    return this.listener(id);
  }

  slot(id: number): Figures {
    return getOr(this.#slots, id, () => ({
      handed: 0,
      ended: 0,
      refused: 0,
      reclaimed: 0,
      unfinished: 0,
      handoffErrors: {},
    }));
  }
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

const ERROR_REPORT_MS = 1000;

/** Lets one error a second be told. */
export class Report {
  #nextAt = 0;

  isDue(now = clockMs()): boolean {
    if (now < this.#nextAt) return false;
    this.#nextAt = now + ERROR_REPORT_MS;
    return true;
  }
}

export function countIn(counts: Record<string, number>, code: string): void {
  counts[code] = (counts[code] ?? 0) + 1;
}
