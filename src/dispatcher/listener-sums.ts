/**
 * What has been counted at each address, over all listeners that there have been: a program that listens there
 * again goes on with the same numbers. Bounded, for a program may listen elsewhere after each reload.
 */

import { isIPv6 } from 'node:net';
import type { Address } from '../types/options.js';
import type { ListenerStats, SessionStats } from '../types/stats.js';
import type { Listener } from './listener.js';

const COUNTERS = ['accepted', 'redealt', 'closed', 'turnedAway', 'routedOn', 'routedHere'] as const;

/** Closed ones whose last connections may still be dealt. */
const MOST_CLOSING = 8;

/** Closed addresses; those before are one. */
const MOST_PAST = 32;

export const OTHER = 'other';

/** See `ListenerStats`. */
export interface ListenerTotals extends Record<(typeof COUNTERS)[number], number> {
  /** The address as text. */
  address: string;
  acceptErrors: Record<string, number>;
  proxyFaults: Record<string, number>;
  sessions: SessionStats;
}

export class ListenerSums {
  /** By address, in the order in which they closed. */
  readonly #past = new Map<string, ListenerTotals>();
  /** Closed, and still counted by the transport. */
  readonly #closing = new Map<number, Listener>();

  close(listener: Listener): void {
    this.#closing.set(listener.id, listener);
    const [oldest] = this.#closing.keys();
    if (this.#closing.size > MOST_CLOSING) this.renew(oldest as number);
  }

  /** The transport forgets what it has counted for that id. */
  renew(id: number): void {
    const listener = this.#closing.get(id);
    if (listener === undefined) return;
    this.#closing.delete(id);
    addTo(this.#past, closedStats(listener));
    if (this.#past.size <= MOST_PAST) return;
    const [oldest] = [...this.#past.values()].filter(({ address }) => address !== OTHER);
    if (oldest === undefined) return;
    this.#past.delete(oldest.address);
    addTotals(this.#past, { ...oldest, address: OTHER });
  }

  totals(open: readonly Listener[]): ListenerTotals[] {
    const all = new Map([...this.#past].map(([key, totals]) => [key, copyOf(totals)]));
    for (const listener of this.#closing.values()) addTo(all, closedStats(listener));
    for (const listener of open) addTo(all, listener.stats());
    return [...all.values()];
  }
}

/** `127.0.0.1:8000`, `[::1]:8000`, a path; an abstract one with an `@`, as ss(8) shows it. */
export function addressText(address: Address): string {
  if (typeof address === 'string') return address.replace(/^\0/, '@');
  const { address: host, port } = address;
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Its sessions are nobody's any more. */
function closedStats(listener: Listener): ListenerStats {
  const stats = listener.stats();
  return { ...stats, sessions: { ...stats.sessions, held: 0 } };
}

function addTo(all: Map<string, ListenerTotals>, stats: ListenerStats): void {
  const address = addressText(stats.address ?? '');
  addTotals(all, { ...stats, address });
}

function addTotals(all: Map<string, ListenerTotals>, totals: ListenerTotals): void {
  const { address, acceptErrors, proxyFaults, sessions } = totals;
  const sum = all.get(address);
  if (sum === undefined) {
    all.set(address, copyOf(totals));
    return;
  }
  for (const key of COUNTERS) sum[key] += totals[key];
  addCounts(sum.acceptErrors, acceptErrors);
  addCounts(sum.proxyFaults, proxyFaults);
  addCounts(sum.sessions as unknown as Record<string, number>, { ...sessions });
}

function addCounts(sums: Record<string, number>, counts: Record<string, number>): void {
  for (const [key, count] of Object.entries(counts)) sums[key] = (sums[key] ?? 0) + count;
}

function copyOf(totals: ListenerTotals): ListenerTotals {
  const { address, accepted, redealt, closed, turnedAway, routedOn, routedHere } = totals;
  return {
    ...{ address, accepted, redealt, closed, turnedAway, routedOn, routedHere },
    acceptErrors: { ...totals.acceptErrors },
    proxyFaults: { ...totals.proxyFaults },
    sessions: { ...totals.sessions },
  };
}
