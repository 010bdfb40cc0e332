/**
 * What is known of a Supervisor, in `/metrics`; docs/operate/figures.md has the list for people. Reads what
 * control/snapshot.ts reads, without making an object of each thing: of 64 seats there are 3,000 lines.
 */

import { Figure, type SlotFigures } from '../native/figures.js';
import type { Figures, SeatFigures } from '../supervisor/figures.js';
import { rondo } from '../supervisor/forking.js';
import type { Supervisor, SupervisorOutline } from '../supervisor/supervisor.js';
import type { WorkerState } from '../supervisor/types.js';
import { VERSION } from '../version.js';
import {
  COUNTED,
  GAUGES,
  rounded,
  writeAddresses,
  writeDealing,
  writeHandoffs,
} from './connections.js';
import { type Exposition, type Family, labelsOf, type MetricSource } from './exposition.js';

const STATES = ['starting', 'ready', 'draining'] as const;

/** What the worse of two workers in a seat shows. */
const WORST: Array<[figure: (typeof Figure)[keyof typeof Figure], factor: number, family: Family]> =
  [
    [
      Figure.loopDelayUs,
      1e-6,
      {
        name: 'rondo_worker_loop_delay_seconds',
        type: 'gauge',
        unit: 'seconds',
        help: 'The longest turn of the event loop of late.',
      },
    ],
    [
      Figure.busyPermille,
      1e-3,
      {
        name: 'rondo_worker_loop_utilisation_ratio',
        type: 'gauge',
        help: 'The share of the time in which the event loop did not wait.',
      },
    ],
    [
      Figure.heartbeatAgeMs,
      1e-3,
      {
        name: 'rondo_worker_heartbeat_age_seconds',
        type: 'gauge',
        unit: 'seconds',
        help: 'Since the event loop last showed that it turns; only with a hang timeout.',
      },
    ],
  ];

/** They stay as they are. */
const seatLabels: string[] = [];
const stateLabels: string[][] = [];

function labelOf({ seat }: SeatFigures): string {
  seatLabels[seat] ??= labelsOf({ seat });
  return seatLabels[seat] as string;
}

/** In the order of STATES. */
function stateLabelsOf({ seat }: SeatFigures): string[] {
  stateLabels[seat] ??= STATES.map((state) => labelsOf({ seat, state }));
  return stateLabels[seat] as string[];
}

export class SupervisorSource implements MetricSource {
  readonly #supervisor: Supervisor;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  write(into: Exposition): void {
    const outline = this.#supervisor.outline();
    const dispatcher = rondo()?.dispatcher;
    // Those that are no more, too: what was counted of them stays.
    const seats = this.#supervisor.figures.seats();
    writeSupervisor(into, outline, this.#supervisor.workers);
    writeReloads(into, this.#supervisor.figures);
    if (dispatcher !== undefined) {
      writeDealing(into, dispatcher);
      writeAddresses(into, dispatcher.listenerTotals());
    }
    writeConnections(into, seats);
    writeLives(into, seats);
    writeStates(into, seats, outline);
    writeWorkers(into, seats);
  }
}

function writeSupervisor(
  into: Exposition,
  { state, isDegraded, ready }: SupervisorOutline,
  workers: number,
): void {
  single(into, 'rondo_build_info', 'The versions that the primary runs; always 1.');
  into.gauge(labelsOf({ rondo: VERSION, node: process.versions.node }), 1);
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
}

function writeReloads(into: Exposition, { reloads }: Figures): void {
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

function writeConnections(into: Exposition, seats: readonly SeatFigures[]): void {
  for (const { key, name, help } of COUNTED) {
    into.family({ name, type: 'counter', help });
    for (const seat of seats) into.counter(labelOf(seat), seat.sums[Figure[key]]);
  }
  for (const { key, name, help } of GAUGES) {
    into.family({ name, type: 'gauge', help });
    for (const seat of seats) into.gauge(labelOf(seat), seat.sums[Figure[key]]);
  }
  into.family({
    name: 'rondo_handoff_errors',
    type: 'counter',
    help: 'Errors of handing off, which is tried again, by code.',
  });
  for (const { seat, errors } of seats) {
    for (const [code, count] of Object.entries(errors)) {
      into.counter(labelsOf({ seat, code }), count);
    }
  }
  writeHandoffs(
    into,
    seats.map((seat) => ({ labels: labelOf(seat), sums: seat.sums })),
  );
}

function writeLives(into: Exposition, seats: readonly SeatFigures[]): void {
  into.family({
    name: 'rondo_worker_starts',
    type: 'counter',
    help: 'Worker processes started, the first one included.',
  });
  for (const seat of seats) into.counter(labelOf(seat), seat.starts);
  into.family({
    name: 'rondo_worker_exits',
    type: 'counter',
    help: 'Worker processes that have ended, by why.',
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
  for (const seat of seats) into.counter(labelOf(seat), rounded(seat.sums[Figure.cpuNs] * 1e-9));
}

function writeStates(
  into: Exposition,
  seats: readonly SeatFigures[],
  outline: SupervisorOutline,
): void {
  // A seat that is given up may leave while a new one has its number.
  const states = new Map<number, WorkerState[]>();
  for (const seat of outline.seats) {
    states.set(seat.id, [...(states.get(seat.id) ?? []), ...seat.states]);
  }
  single(into, 'rondo_workers', 'Worker processes that are alive, by state.');
  for (const seat of seats) {
    const labels = stateLabelsOf(seat);
    const of = states.get(seat.seat) ?? [];
    for (const [at, state] of STATES.entries()) {
      into.gauge(labels[at] as string, of.filter((one) => one === state).length);
    }
  }
}

/** Of processes that are alive and not released. Nothing where nothing is known. */
function writeWorkers(into: Exposition, seats: readonly SeatFigures[]): void {
  for (const [figure, factor, family] of WORST) {
    into.family(family);
    for (const seat of seats) {
      let worst = -1;
      for (const figures of seat.workers.values()) worst = Math.max(worst, figures[figure]);
      if (worst >= 0) into.gauge(labelOf(seat), rounded(worst * factor));
    }
  }
  into.family({
    name: 'rondo_worker_resident_memory_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Resident memory of the processes that are not released, together.',
  });
  for (const seat of seats) {
    const bytes = memoryOf([...seat.workers.values()]);
    if (bytes > 0) into.gauge(labelOf(seat), bytes);
  }
}

function memoryOf(workers: readonly SlotFigures[]): number {
  return workers.reduce((sum, figures) => sum + Math.max(figures[Figure.memoryKb], 0) * 1_024, 0);
}

function single(into: Exposition, name: string, help: string): void {
  into.family({ name, type: 'gauge', help });
}
