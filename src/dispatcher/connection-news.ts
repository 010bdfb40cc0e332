/**
 * Tells subscribers how many connections were refused, reclaimed, turned away and closed: once a second, by what the engine
 * has counted, since no JavaScript runs for each of them. Without subscribers a second costs four comparisons.
 */

import { channels } from '../channels.js';
import type { SlotStats } from '../types/stats.js';
import type { ListenerTotals } from './listener-sums.js';

const LOOK_MS = 1_000;

export interface Counted {
  slots(): SlotStats[];
  addresses(): ListenerTotals[];
}

interface Watched<Thing> {
  readonly channel: (typeof channels)['refused'];
  readonly key: (thing: Thing) => string;
  readonly count: (thing: Thing) => number;
  readonly who: (thing: Thing) => object;
}

const OF_SLOTS: Array<Watched<SlotStats>> = (['refused', 'reclaimed'] as const).map((name) => ({
  channel: channels[name],
  key: ({ id }) => `${name} ${id}`,
  count: (slot) => slot[name],
  who: ({ id, pid }) => ({ slot: id, pid }),
}));

const OF_ADDRESSES: Array<Watched<ListenerTotals>> = (['turnedAway', 'closed'] as const).map(
  (name) => ({
    channel: channels[name],
    key: ({ address }) => `${name} ${address}`,
    count: (totals) => totals[name],
    who: ({ address }) => ({ address }),
  }),
);

export class ConnectionNews {
  readonly #counted: Counted;
  readonly #timer: NodeJS.Timeout;
  /** As they were told last. Forgotten while nobody listens. */
  #last: Map<string, number> | null = null;

  constructor(counted: Counted) {
    this.#counted = counted;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  close(): void {
    this.look();
    clearInterval(this.#timer);
  }

  /** Tells what has been counted since the last time; at the first time nothing, for that is older than the subscriber. */
  look(): void {
    if (![...OF_SLOTS, ...OF_ADDRESSES].some(({ channel }) => channel.hasSubscribers)) {
      this.#last = null;
      return;
    }
    const isFirst = this.#last === null;
    const last = this.#last ?? new Map<string, number>();
    this.#last = last;
    tell(OF_SLOTS, this.#counted.slots(), last, isFirst);
    tell(OF_ADDRESSES, this.#counted.addresses(), last, isFirst);
  }
}

function tell<Thing>(
  watched: ReadonlyArray<Watched<Thing>>,
  things: readonly Thing[],
  last: Map<string, number>,
  isFirst: boolean,
): void {
  for (const { channel, key, count, who } of watched) {
    for (const thing of things) {
      const total = count(thing);
      const before = last.get(key(thing)) ?? 0;
      last.set(key(thing), total);
      if (total > before && !isFirst)
        channel.publish({ ...who(thing), count: total - before, total });
    }
  }
}
