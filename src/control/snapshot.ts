/** Puts together what a Supervisor and its dispatcher know. Asks no worker, so none can hold it up. */

import type { ListenerTotals } from '../dispatcher/listener-sums.js';
import { Figure, type SlotFigures, TIME_BOUNDS_S } from '../native/figures.js';
import type { SeatFigures } from '../supervisor/figures.js';
import { rondo } from '../supervisor/forking.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { SeatStats, WorkerInfo } from '../supervisor/types.js';
import type { DispatcherStats } from '../types/stats.js';
import { VERSION } from '../version.js';
import type {
  DealingSnapshot,
  SeatSnapshot,
  Snapshot,
  TimesSnapshot,
  WorkerSnapshot,
} from './types.js';

export function takeSnapshot(supervisor: Supervisor): Snapshot {
  const { state, isDegraded, agent, seats, dispatcher } = supervisor.stats();
  const figures = supervisor.figures.seats();
  const present = new Set(seats.map(({ id }) => id));
  const dealer = rondo()?.dispatcher;
  const addresses = dealer?.listenerTotals() ?? [];
  return {
    time: Date.now(),
    pid: process.pid,
    uptimeMs: Math.round(performance.now()),
    versions: { rondo: VERSION, node: process.versions.node },
    state,
    isDegraded,
    workers: supervisor.workers,
    ready: seats.filter(({ workers }) => workers.some((worker) => worker.state === 'ready')).length,
    agent,
    seats: figures
      .filter(({ seat }) => present.has(seat))
      .map((one) => seatOf(one, seatNamed(one.seat, seats))),
    pastSeats: figures.filter(({ seat }) => !present.has(seat)).map((one) => seatOf(one, null)),
    listeners: dispatcher?.listeners ?? [],
    addresses,
    reloads: supervisor.figures.reloads,
    dealing: dispatcher && dealer ? dealingOf(dispatcher, addresses, dealer.queueTimes()) : null,
  };
}

/** While the workers of a seat that was removed drain, there may be a new one of its number. */
function seatNamed(id: number, seats: readonly SeatStats[]): SeatStats | null {
  const all = seats.filter((seat) => seat.id === id);
  const [first] = all;
  if (first === undefined) return null;
  const workers = all.flatMap((seat) => seat.workers).sort((a, b) => a.id - b.id);
  return { ...first, failures: Math.max(...all.map(({ failures }) => failures)), workers };
}

/** `stats` is null for a seat that is no more. */
function seatOf(
  { seat, starts, exits, sums, errors, workers }: SeatFigures,
  stats: SeatStats | null,
): SeatSnapshot {
  return {
    seat,
    state: stats?.state ?? 'closed',
    weight: stats?.weight ?? 1,
    maxConnections: stats?.maxConnections ?? null,
    failures: stats?.failures ?? 0,
    starts,
    restarts: Math.max(0, starts - 1),
    exits: { ...exits },
    cpuS: sums[Figure.cpuNs] / 1e9,
    workers: (stats?.workers ?? []).map((info) => workerOf(info, workers.get(info.id))),
    counters: {
      handed: sums[Figure.handed],
      received: sums[Figure.received],
      ended: sums[Figure.ended],
      refused: sums[Figure.refused],
      released: sums[Figure.released],
      reclaimed: sums[Figure.reclaimed],
      unfinished: sums[Figure.unfinished],
      lost: sums[Figure.lost],
    },
    handoffErrors: errors,
    handoffTimes: timesAt(sums, Figure.handoffTimes),
    open: sums[Figure.open],
    pending: sums[Figure.pending],
  };
}

function workerOf(info: WorkerInfo, figures: SlotFigures | undefined): WorkerSnapshot {
  return {
    ...info,
    open: figures?.[Figure.open] ?? 0,
    pending: figures?.[Figure.pending] ?? 0,
    heartbeatAgeMs: known(figures?.[Figure.heartbeatAgeMs], 1),
    loopDelayMs: known(figures?.[Figure.loopDelayUs], 1 / 1_000),
    utilisation: known(figures?.[Figure.busyPermille], 1 / 1_000),
    memoryBytes: known(figures?.[Figure.memoryKb], 1_024),
    cpuS: known(figures?.[Figure.cpuNs], 1e-9),
  };
}

function known(figure: number | undefined, factor: number): number | null {
  return figure === undefined || figure < 0 ? null : figure * factor;
}

function timesAt(figures: Float64Array, from: number): TimesSnapshot {
  const end = from + TIME_BOUNDS_S.length + 1;
  const sumUs = figures[end] as number;
  const counts: number[] = [];
  for (let at = from; at < end; at++) counts.push(figures[at] as number);
  return {
    counts,
    bounds: TIME_BOUNDS_S,
    sumS: sumUs / 1e6,
  };
}

function dealingOf(
  stats: DispatcherStats,
  addresses: readonly ListenerTotals[],
  queueTimes: Float64Array,
): DealingSnapshot {
  const { transport, policy, window, maxConnections, accepted, waiting, looking } = stats;
  const { starvedMs, wakeUps, idle, rebalancing } = stats;
  const sum = (key: 'redealt' | 'closed' | 'turnedAway'): number =>
    addresses.reduce((total, one) => total + one[key], 0);
  return {
    transport,
    policy,
    window,
    maxOpenConnections: maxConnections,
    accepted,
    waiting,
    looking,
    starvedMs,
    wakeUps,
    idle,
    rebalancing,
    redealt: sum('redealt'),
    closed: sum('closed'),
    turnedAway: sum('turnedAway'),
    proxyFaults: countsOf(addresses.map(({ proxyFaults }) => proxyFaults)),
    acceptErrors: countsOf(addresses.map(({ acceptErrors }) => acceptErrors)),
    queueTimes: timesAt(queueTimes, 0),
  };
}

function countsOf(all: ReadonlyArray<Record<string, number>>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const counts of all) {
    for (const [key, count] of Object.entries(counts)) sums[key] = (sums[key] ?? 0) + count;
  }
  return sums;
}
