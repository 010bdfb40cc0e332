/** A snapshot as the page shows it: what is needed and no more, with the rates since the one before. */

import { currentWorker, drainingBeside } from '../../control/current-worker.js';
import type { Rates } from '../../control/rates.js';
import type { SeatSnapshot, Snapshot, WorkerSnapshot } from '../../control/types.js';
import type { ListenerStats } from '../../types.js';
import { textOf } from './happenings.js';
import type { DealingView, ListenerView, SeatView, Tick, WorkerView } from './wire.js';

export type View = Omit<Tick, 'reload' | 'lives' | 'happenings'>;

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
    handOff: null,
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
  const { seat, state, failures, counters, open, pending } = snapshot;
  const worker = currentWorker(snapshot);
  const { dealt = 0, receivedPerSecond = null } = rates.seats.get(seat) ?? {};
  return {
    seat,
    state,
    worker: worker && workerOf(worker),
    draining: drainingBeside(snapshot, worker),
    dealt,
    receivedPerSecond,
    received: counters.received,
    lost: counters.lost + counters.unfinished,
    open,
    pending,
    restarts: failures,
  };
}

function workerOf({ pid, state, livedMs, ...worker }: WorkerSnapshot): WorkerView {
  const { memoryBytes, loopDelayMs, utilisation } = worker;
  return { pid, state, ageMs: livedMs, cpu: null, memoryBytes, loopDelayMs, utilisation };
}
