/** Puts together what a Supervisor and its dispatcher know. Asks no worker, so none can hold it up. */

import { createRequire } from 'node:module';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { SeatStats, WorkerInfo } from '../supervisor/types.js';
import type { DispatcherStats, SlotStats } from '../types.js';
import type { DealingSnapshot, SeatCounters, SeatSnapshot, Snapshot } from './types.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const COUNTERS = [
  'handed',
  'received',
  'ended',
  'refused',
  'reclaimed',
  'unfinished',
  'lost',
] as const satisfies ReadonlyArray<keyof SeatCounters>;

export function takeSnapshot(supervisor: Supervisor): Snapshot {
  const { state, isDegraded, agent, seats, dispatcher } = supervisor.stats();
  const slots = dispatcher?.slots ?? [];
  return {
    time: Date.now(),
    pid: process.pid,
    uptimeMs: Math.round(performance.now()),
    versions: { rondo: version, node: process.versions.node },
    state,
    isDegraded,
    workers: supervisor.workers,
    ready: seats.filter(({ workers }) => workers.some((worker) => worker.state === 'ready')).length,
    agent,
    seats: seats.map((seat) => seatOf(seat, slots)),
    listeners: dispatcher?.listeners ?? [],
    dealing: dispatcher && dealingOf(dispatcher),
  };
}

function seatOf(seat: SeatStats, slots: SlotStats[]): SeatSnapshot {
  const { id, state, weight, maxConnections, failures, workers } = seat;
  const all = workers.map((worker) => ({ worker, slot: slotOf(worker, slots) }));
  const sum = (key: (typeof COUNTERS)[number] | 'open' | 'pending'): number =>
    all.reduce((total, { slot }) => total + (slot?.[key] ?? 0), 0);
  return {
    seat: id,
    state,
    weight,
    maxConnections,
    failures,
    workers: all.map(({ worker, slot }) => ({
      ...worker,
      open: slot?.open ?? 0,
      pending: slot?.pending ?? 0,
      heartbeatAgeMs: slot?.heartbeatAgeMs ?? null,
      loopDelayMs: slot?.loopDelayMs ?? null,
      utilisation: slot?.utilisation ?? null,
      memoryBytes: slot?.memoryBytes ?? null,
    })),
    counters: Object.fromEntries(COUNTERS.map((key) => [key, sum(key)])) as unknown as SeatCounters,
    open: sum('open'),
    pending: sum('pending'),
  };
}

function slotOf({ pid }: WorkerInfo, slots: SlotStats[]): SlotStats | undefined {
  return pid === null ? undefined : slots.find((slot) => slot.pid === pid);
}

function dealingOf(stats: DispatcherStats): DealingSnapshot {
  const { transport, policy, window, maxConnections, accepted, waiting, starvedMs, wakeUps } =
    stats;
  return {
    transport,
    policy,
    window,
    maxOpenConnections: maxConnections,
    accepted,
    waiting,
    starvedMs,
    wakeUps,
  };
}
