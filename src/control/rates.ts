/**
 * What two snapshots of one primary say about the time between them: connections for each second, and the CPU
 * of each worker. For those who watch; the snapshots themselves have totals only.
 */

import { currentWorker } from './current-worker.js';
import type { SeatSnapshot, Snapshot } from './types.js';

/** Null: not known, for instance because there was no earlier snapshot of this primary. */
export interface Rates {
  elapsedMs: number | null;
  acceptedPerSecond: number | null;
  receivedPerSecond: number | null;
  seats: ReadonlyMap<number, SeatRates>;
}

export interface SeatRates {
  /** Connections handed to the seat in that time. */
  dealt: number;
  receivedPerSecond: number | null;
  /** Of the worker that is shown of the seat: the share of one core that it used. */
  cpu: number | null;
}

/** `before` is null, or of the same kind, from another primary perhaps, which has nothing to compare. */
export function ratesBetween(before: Snapshot | null, now: Snapshot): Rates {
  const elapsedMs = elapsedBetween(before, now);
  const last = elapsedMs === null ? null : before;
  const perSecond = (from: number | undefined, to: number): number | null =>
    elapsedMs === null || from === undefined || to < from
      ? null
      : ((to - from) * 1_000) / elapsedMs;
  const seats = new Map<number, SeatRates>();
  for (const seat of now.seats) {
    const old = seatOf(last, seat.seat);
    seats.set(seat.seat, {
      dealt: old === undefined ? 0 : Math.max(0, seat.counters.handed - old.counters.handed),
      receivedPerSecond: perSecond(old?.counters.received, seat.counters.received),
      cpu: old === undefined ? null : cpuOf(old, seat, elapsedMs),
    });
  }
  const known = [...seats.values()].flatMap(({ receivedPerSecond }) => receivedPerSecond ?? []);
  return {
    elapsedMs,
    acceptedPerSecond: perSecond(last?.dealing?.accepted, now.dealing?.accepted ?? 0),
    receivedPerSecond: known.length === 0 ? null : known.reduce((sum, rate) => sum + rate, 0),
    seats,
  };
}

/** Another primary counts from the beginning. */
function elapsedBetween(before: Snapshot | null, now: Snapshot): number | null {
  if (before === null || before.pid !== now.pid) return null;
  const elapsedMs = now.uptimeMs - before.uptimeMs;
  return elapsedMs > 0 ? elapsedMs : null;
}

/** Null also for a worker that was not there before. */
function cpuOf(before: SeatSnapshot, now: SeatSnapshot, elapsedMs: number | null): number | null {
  const worker = currentWorker(now);
  const old = before.workers.find(({ id }) => id === worker?.id);
  const [from, to] = [old?.cpuS ?? null, worker?.cpuS ?? null];
  return elapsedMs === null || from === null || to === null || to < from
    ? null
    : ((to - from) * 1_000) / elapsedMs;
}

function seatOf(snapshot: Snapshot | null, seat: number): SeatSnapshot | undefined {
  return snapshot?.seats.find((one) => one.seat === seat);
}
