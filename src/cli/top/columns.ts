/** The columns of the table, and which of them fit. */

import { currentWorker, drainingBeside } from '../../control/current-worker.js';
import type { SeatRates } from '../../control/rates.js';
import type { SeatSnapshot, WorkerSnapshot } from '../../control/types.js';
import { count, duration, megabytes, milliseconds, percent, rate } from './text.js';

/** A row: a seat, and the one of its workers that is shown. */
export interface Row {
  seat: SeatSnapshot;
  worker: WorkerSnapshot | null;
  rates: SeatRates;
}

export interface Column {
  name: string;
  /** With a blank before it, and room for the mark of the order. */
  width: number;
  isLeft?: boolean;
  /** The higher goes first in a narrow terminal. */
  weight: number;
  /** Null sorts last. */
  value(row: Row): number | string | null;
  text(row: Row): string;
}

export const COLUMNS: readonly Column[] = [
  numbers('SEAT', 6, 100, ({ seat }) => seat.seat, count),
  numbers('PID', 8, 70, ({ worker }) => worker?.pid ?? null, count),
  { name: 'STATE', width: 12, weight: 95, isLeft: true, value: stateOf, text: stateOf },
  numbers('CPU%', 6, 85, ({ rates }) => rates.cpu, percent),
  numbers('MEM', 7, 80, ({ worker }) => worker?.memoryBytes ?? null, megabytes),
  numbers('DELAY', 8, 60, ({ worker }) => worker?.loopDelayMs ?? null, milliseconds),
  numbers('UTIL', 6, 55, ({ worker }) => worker?.utilisation ?? null, percent),
  numbers('CONN/S', 8, 90, ({ rates }) => rates.receivedPerSecond, rate),
  numbers('OPEN', 7, 75, ({ seat }) => seat.open, count),
  numbers('PEND', 6, 50, ({ seat }) => seat.pending, count),
  numbers('RESTARTS', 10, 65, ({ seat }) => seat.restarts, count),
  numbers(
    'AGE',
    8,
    40,
    ({ worker }) => worker?.livedMs ?? null,
    (ms) => (ms === null ? '-' : duration(ms)),
  ),
];

function numbers(
  name: string,
  width: number,
  weight: number,
  value: (row: Row) => number | null,
  text: (value: number | null) => string,
): Column {
  return { name, width, weight, value, text: (row) => text(value(row)) };
}

export function rowOf(seat: SeatSnapshot, rates: SeatRates): Row {
  return { seat, worker: currentWorker(seat), rates };
}

/** Those of the highest weight that fit side by side, in their order. */
export function columnsFor(width: number): Column[] {
  const kept = new Set<Column>();
  let left = width;
  for (const column of [...COLUMNS].sort((one, other) => other.weight - one.weight)) {
    // Not a lighter one where a heavier one had no room.
    if (column.width > left) break;
    kept.add(column);
    left -= column.width;
  }
  return COLUMNS.filter((column) => kept.has(column));
}

function stateOf({ seat, worker }: Row): string {
  const state = worker?.state ?? (seat.state === 'running' ? 'empty' : seat.state);
  const others = drainingBeside(seat, worker);
  return others === 0 ? state : `${state} +${others}`;
}

/** In the order of a column; what is equal, and what is not known, by seats. */
export function sortRows(rows: readonly Row[], column: Column, isDescending: boolean): Row[] {
  return [...rows].sort((one, other) => {
    const [a, b] = [column.value(one), column.value(other)];
    if (a === b) return one.seat.seat - other.seat.seat;
    if (a === null || b === null) return a === null ? 1 : -1;
    return (a < b ? -1 : 1) * (isDescending ? -1 : 1);
  });
}
