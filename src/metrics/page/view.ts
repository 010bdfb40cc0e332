/** A snapshot as the page shows it: what is needed and no more, with the rates since the one before. */

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
    isPaused: false,
  };
}

function dealingOf({ dealing }: Snapshot, { acceptedPerSecond }: Rates): DealingView | null {
  if (dealing === null) return null;
  const { transport, policy, window, accepted, waiting } = dealing;
  return { transport, policy, window: String(window), accepted, acceptedPerSecond, waiting };
}

function seatOf(
  { seat, state, failures, counters, ...rest }: SeatSnapshot,
  rates: Rates,
): SeatView {
  const worker = currentOf(rest.workers);
  const { dealt = 0, receivedPerSecond = null } = rates.seats.get(seat) ?? {};
  return {
    seat,
    state,
    worker: worker && workerOf(worker),
    draining: rest.workers.filter((one) => one !== worker && one.state === 'draining').length,
    dealt,
    receivedPerSecond,
    received: counters.received,
    lost: counters.lost + counters.unfinished,
    open: rest.open,
    pending: rest.pending,
    restarts: failures,
  };
}

/** Of those that serve together during a reload it is the old one, until that drains. */
function currentOf(workers: readonly WorkerSnapshot[]): WorkerSnapshot | null {
  const inState = (state: string) => workers.find((worker) => worker.state === state);
  return inState('ready') ?? inState('starting') ?? workers.at(-1) ?? null;
}

function workerOf({ pid, state, livedMs, ...worker }: WorkerSnapshot): WorkerView {
  const { memoryBytes, loopDelayMs, utilisation } = worker;
  return { pid, state, ageMs: livedMs, cpu: null, memoryBytes, loopDelayMs, utilisation };
}
