/** What a Supervisor's snapshot is in `/metrics`; docs/operate/figures.md has the list for people. */

import { takeSnapshot } from '../control/snapshot.js';
import type { SeatSnapshot, Snapshot } from '../control/types.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { COUNTED, GAUGES, writeAddresses, writeDealing, writeTimes } from './connections.js';
import { type Exposition, labelsOf, type MetricSource } from './exposition.js';

const STATES = ['starting', 'ready', 'draining'] as const;

/** They stay as they are: only the series that a label is new in costs something. */
const seatLabels: string[] = [];

function labelOf({ seat }: SeatSnapshot): string {
  seatLabels[seat] ??= labelsOf({ seat });
  return seatLabels[seat] as string;
}

export class SupervisorSource implements MetricSource {
  readonly #supervisor: Supervisor;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  write(into: Exposition): void {
    const snapshot = takeSnapshot(this.#supervisor);
    // What was counted of a seat stays, also when it is no more.
    const all = [...snapshot.seats, ...snapshot.pastSeats];
    writeSupervisor(into, snapshot);
    if (snapshot.dealing !== null) writeDealing(into, snapshot.dealing);
    writeAddresses(into, snapshot.addresses);
    writeCounters(into, all);
    writeTimes(
      into,
      all.map((seat) => ({ labels: labelOf(seat), ...seat })),
    );
    writeLives(into, all);
    writeWorkers(into, snapshot.seats);
  }
}

function writeSupervisor(into: Exposition, snapshot: Snapshot): void {
  const { versions, state, isDegraded, workers, ready, reloads } = snapshot;
  into.family({
    name: 'rondo_build_info',
    type: 'gauge',
    help: 'The versions that the primary runs; always 1.',
  });
  into.gauge(labelsOf(versions), 1);
  into.family({
    name: 'rondo_start_time_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'When the primary began, since 1970.',
  });
  into.gauge('', performance.timeOrigin / 1_000);
  single(into, 'rondo_running', 'Whether the supervisor runs, and does not start, stop or fail.');
  into.gauge('', state === 'running' ? 1 : 0);
  single(into, 'rondo_degraded', 'Whether a seat has no worker that is well.');
  into.gauge('', isDegraded ? 1 : 0);
  single(into, 'rondo_workers_wanted', 'How many workers there are to be.');
  into.gauge('', workers);
  single(into, 'rondo_seats_ready', 'Seats that have a ready worker.');
  into.gauge('', ready);
  into.family({ name: 'rondo_reloads_begun', type: 'counter', help: 'Reloads that have begun.' });
  into.counter('', reloads.begun);
  into.family({
    name: 'rondo_reloads',
    type: 'counter',
    help: 'Reloads that are over, by what came of them.',
  });
  into.counter('{outcome="done"}', reloads.done);
  into.counter('{outcome="failed"}', reloads.failed);
  if (reloads.lastMs === null) return;
  into.family({
    name: 'rondo_last_reload_duration_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How long the last reload took that is over.',
  });
  into.gauge('', reloads.lastMs / 1_000);
}

function writeCounters(into: Exposition, seats: readonly SeatSnapshot[]): void {
  for (const { key, name, help } of COUNTED) {
    into.family({ name, type: 'counter', help });
    for (const seat of seats) into.counter(labelOf(seat), seat.counters[key]);
  }
  for (const { key, name, help } of GAUGES) {
    into.family({ name, type: 'gauge', help });
    for (const seat of seats) into.gauge(labelOf(seat), seat[key]);
  }
  into.family({
    name: 'rondo_handoff_errors',
    type: 'counter',
    help: 'Errors of handing off, which is tried again, by code.',
  });
  for (const { seat, handoffErrors } of seats) {
    for (const [code, count] of Object.entries(handoffErrors)) {
      into.counter(labelsOf({ seat, code }), count);
    }
  }
}

function writeLives(into: Exposition, seats: readonly SeatSnapshot[]): void {
  into.family({
    name: 'rondo_worker_starts',
    type: 'counter',
    help: 'Worker processes started, the first one included.',
  });
  for (const seat of seats) into.counter(labelOf(seat), seat.starts);
  into.family({
    name: 'rondo_worker_exits',
    type: 'counter',
    help: 'Worker processes that have ended, by why; all but stop and scale are followed by a start.',
  });
  for (const { seat, exits } of seats) {
    for (const [reason, count] of Object.entries(exits)) {
      into.counter(labelsOf({ seat, reason }), count);
    }
  }
  into.family({
    name: 'rondo_worker_cpu_seconds',
    type: 'counter',
    unit: 'seconds',
    help: 'User and system time of all processes of the seat.',
  });
  for (const seat of seats) into.counter(labelOf(seat), seat.cpuS);
}

/** Of processes that are alive: a seat whose worker drains has two or more. */
function writeWorkers(into: Exposition, seats: readonly SeatSnapshot[]): void {
  single(into, 'rondo_workers', 'Worker processes that are alive, by state.');
  for (const seat of seats) {
    const open = labelOf(seat).slice(0, -1);
    for (const state of STATES) {
      const count = seat.workers.filter((worker) => worker.state === state).length;
      into.gauge(`${open},state="${state}"}`, count);
    }
  }
  largest(into, seats, 'loopDelayMs', 1 / 1_000, {
    name: 'rondo_worker_loop_delay_seconds',
    unit: 'seconds',
    help: 'The longest turn of the event loop of late.',
  });
  largest(into, seats, 'utilisation', 1, {
    name: 'rondo_worker_loop_utilisation_ratio',
    help: 'The share of the time in which the event loop did not wait.',
  });
  largest(into, seats, 'heartbeatAgeMs', 1 / 1_000, {
    name: 'rondo_worker_heartbeat_age_seconds',
    unit: 'seconds',
    help: 'Since the event loop last showed that it turns; only with a hang timeout.',
  });
  into.family({
    name: 'rondo_worker_resident_memory_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Resident memory of the processes that are not released, together.',
  });
  for (const seat of seats) {
    const known = seat.workers
      .map(({ memoryBytes }) => memoryBytes)
      .filter((bytes) => bytes !== null);
    if (known.length > 0)
      into.gauge(
        labelOf(seat),
        known.reduce((sum, bytes) => sum + bytes, 0),
      );
  }
}

/** Of two workers in a seat, the one that is worse. Nothing where nothing is known. */
function largest(
  into: Exposition,
  seats: readonly SeatSnapshot[],
  key: 'loopDelayMs' | 'utilisation' | 'heartbeatAgeMs',
  factor: number,
  family: { name: string; unit?: string; help: string },
): void {
  into.family({ type: 'gauge', ...family });
  for (const seat of seats) {
    let most: number | null = null;
    for (const worker of seat.workers) {
      const value = worker[key];
      if (value !== null && (most === null || value > most)) most = value;
    }
    if (most !== null) into.gauge(labelOf(seat), most * factor);
  }
}

function single(into: Exposition, name: string, help: string): void {
  into.family({ name, type: 'gauge', help });
}
