/** What the engine has counted of a slot, by names. */

import { errnoName } from '../../errors.js';
import { HEADER_FAULTS } from '../../native/engine.js';
import { Figure, type SlotFigures } from '../../native/figures.js';
import type { ListenerCounts, SlotCounts, SlotLoad } from '../transport.js';

type ErrorCounts = ReadonlyArray<[errno: number, count: number]>;

export function slotCounts(figures: SlotFigures, errors: ErrorCounts): SlotCounts {
  return {
    handed: figures[Figure.handed],
    received: figures[Figure.received],
    pending: figures[Figure.pending],
    open: figures[Figure.open],
    ended: figures[Figure.ended],
    refused: figures[Figure.refused],
    released: figures[Figure.released],
    reclaimed: figures[Figure.reclaimed],
    unfinished: figures[Figure.unfinished],
    lost: figures[Figure.lost],
    heartbeatAgeMs: known(figures[Figure.heartbeatAgeMs], 1),
    loopDelayMs: known(figures[Figure.loopDelayUs], 1 / 1000),
    utilisation: known(figures[Figure.busyPermille], 1 / 1000),
    memoryBytes: known(figures[Figure.memoryKb], 1024),
    handoffErrors: byName(errors),
  };
}

export function slotLoad(figures: SlotFigures): SlotLoad {
  const isSlow = figures[Figure.isSlow];
  return {
    open: figures[Figure.open],
    utilisation: known(figures[Figure.busyPermille], 1 / 1000),
    isSlow: isSlow < 0 ? null : isSlow === 1,
  };
}

export function byName(counts: ErrorCounts): Record<string, number> {
  return Object.fromEntries(counts.map(([errno, count]) => [errnoName(-errno), count]));
}

/** Those that there were. */
export function faultsByName(counts: readonly number[]): ListenerCounts['proxyFaults'] {
  const named = HEADER_FAULTS.map((name, index) => [name, counts[index] ?? 0] as const);
  return Object.fromEntries(named.filter(([, count]) => count > 0));
}

/** The engine has -1 for what it does not know. */
function known(value: number, factor: number): number | null {
  return value < 0 ? null : value * factor;
}
