/** A snapshot as the page shows it: what is needed and no more, with the rates since the one before. */

import { currentWorker, drainingBeside } from '../../control/current-worker.js';
import type { Rates } from '../../control/rates.js';
import type { SeatSnapshot, Snapshot, WorkerSnapshot } from '../../control/types.js';
import type { ListenerStats } from '../../types/stats.js';
import { textOf } from './happenings.js';
import type { Histogram } from './latency-window.js';
import type { DealingView, ListenerView, SeatView, Tick, WorkerView } from './wire.js';

export type View = Omit<Tick, 'reload' | 'lives' | 'happenings' | 'handOff'>;

export function viewOf(snapshot: Snapshot, rates: Rates): View {
  const { time, pid, uptimeMs, versions, state, isDegraded, workers, ready, agent } = snapshot;
  return {
    time,
    pid,
    uptimeMs,
    rondo: versions.rondo,
    node: versions.node,
    state,
    isDegraded,
    workers,
    ready,
    agent,
    listeners: snapshot.listeners.map(listenerOf),
    dealing: dealingOf(snapshot, rates),
    seats: snapshot.seats.map((seat) => seatOf(seat, rates)),
  };
}

function listenerOf({ name, address, policy, accepted, ...stats }: ListenerStats): ListenerView {
  return {
    name,
    address: textOf(address),
    policy,
    accepted,
    closed: stats.closed + stats.turnedAway,
    isPaused: stats.paused,
  };
}

function dealingOf({ dealing }: Snapshot, { acceptedPerSecond }: Rates): DealingView | null {
  if (dealing === null) return null;
  const { transport, policy, window, accepted, waiting } = dealing;
  return { transport, policy, window: String(window), accepted, acceptedPerSecond, waiting };
}

function seatOf(snapshot: SeatSnapshot, rates: Rates): SeatView {
  const { seat, state, failures, restarts, counters, open, pending } = snapshot;
  const worker = currentWorker(snapshot);
  const { dealt = 0, receivedPerSecond = null, cpu = null } = rates.seats.get(seat) ?? {};
  return {
    seat,
    state,
    worker: worker && workerOf(worker, cpu),
    draining: drainingBeside(snapshot, worker),
    dealt,
    receivedPerSecond,
    received: counters.received,
    lost: counters.lost + counters.unfinished,
    open,
    pending,
    restarts,
    failures,
  };
}

function workerOf(worker: WorkerSnapshot, cpu: number | null): WorkerView {
  const { pid, state, livedMs, memoryBytes, loopDelayMs, utilisation } = worker;
  return { pid, state, ageMs: livedMs, cpu, memoryBytes, loopDelayMs, utilisation };
}

/** Over all seats, also those that are no more: it never falls. Null where nobody measures. */
export function handOffTimes({ dealing, seats, pastSeats }: Snapshot): Histogram | null {
  const all = [...seats, ...pastSeats].map(({ handoffTimes }) => handoffTimes);
  const [first] = all;
  if (dealing === null || first === undefined || first.bounds.length === 0) return null;
  const counts = first.counts.map((_, bucket) =>
    all.reduce((sum, times) => sum + (times.counts[bucket] ?? 0), 0),
  );
  return { boundsMs: first.bounds.map((seconds) => seconds * 1_000), counts };
}
