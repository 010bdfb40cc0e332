/** What the ipc transport counts. */

import { TIME_BOUNDS_S, TIMES } from '../../native/figures.js';
import type { ListenerCounts } from '../transport.js';
import { clockMs } from './clock.js';

/** Of one process. */
export interface Figures {
  handed: number;
  ended: number;
  refused: number;
  reclaimed: number;
  unfinished: number;
  handoffErrors: Record<string, number>;
  handoffTimes: Float64Array;
}

type SlotSums = Pick<Figures, 'handed' | 'ended' | 'refused' | 'reclaimed' | 'unfinished'>;

const SUMS = ['handed', 'ended', 'refused', 'reclaimed', 'unfinished'] as const;

/** Of a slot's number, over all processes that were assigned to it. */
class SlotFigures {
  readonly #open = new Set<Figures>();
  readonly #past = newFigures();

  begin(): Figures {
    const figures = newFigures();
    this.#open.add(figures);
    return figures;
  }

  end(figures: Figures): void {
    if (!this.#open.delete(figures)) return;
    for (const key of SUMS) this.#past[key] += figures[key];
    addCounts(this.#past.handoffErrors, figures.handoffErrors);
  }

  read(): SlotSums & { handoffErrors: Record<string, number> } {
    const sums = {
      handed: 0,
      ended: 0,
      refused: 0,
      reclaimed: 0,
      unfinished: 0,
      handoffErrors: {},
    };
    for (const figures of [this.#past, ...this.#open]) {
      for (const key of SUMS) sums[key] += figures[key];
      addCounts(sums.handoffErrors, figures.handoffErrors);
    }
    return sums;
  }
}

/** There are none with this transport. */
const NO_SESSIONS = { held: 0, created: 0, moved: 0, evicted: 0, expired: 0, ended: 0 };

export class Counters {
  readonly #listeners = new Map<number, ListenerCounts>();
  readonly #slots = new Map<number, SlotFigures>();

  listener(id: number): ListenerCounts {
    return getOr(this.#listeners, id, () => ({
      accepted: 0,
      redealt: 0,
      closed: 0,
      turnedAway: 0,
      routedOn: 0,
      routedHere: 0,
      sessions: { ...NO_SESSIONS },
      proxyFaults: {},
      acceptErrors: {},
      renewErrors: {},
    }));
  }

  /** The figures of a former listener of that id end here. */
  renewListener(id: number): ListenerCounts {
    this.#listeners.delete(id);
    return this.listener(id);
  }

  slot(id: number): SlotFigures {
    return getOr(this.#slots, id, () => new SlotFigures());
  }
}

function newFigures(): Figures {
  return {
    handed: 0,
    ended: 0,
    refused: 0,
    reclaimed: 0,
    unfinished: 0,
    handoffErrors: {},
    handoffTimes: newTimes(),
  };
}

/** The counts of the buckets, and the sum in microseconds. */
export function newTimes(): Float64Array {
  return new Float64Array(TIMES);
}

/** Of something that took so long. */
export function noteTime(times: Float64Array, ms: number): void {
  const found = TIME_BOUNDS_S.findIndex((bound) => ms <= bound * 1_000);
  const bucket = found < 0 ? TIME_BOUNDS_S.length : found;
  times[bucket] = (times[bucket] as number) + 1;
  times[times.length - 1] = (times.at(-1) as number) + ms * 1_000;
}

function addCounts(to: Record<string, number>, from: Record<string, number>): void {
  for (const [code, count] of Object.entries(from)) to[code] = (to[code] ?? 0) + count;
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
