/** Which of a seat's workers those who watch are shown. */

import type { SeatSnapshot, WorkerSnapshot } from './types.js';

/**
 * The one that serves, or is about to; null while the seat is empty. Of two that serve together during a reload it is
 * the old one, until that drains.
 */
export function currentWorker({ workers }: SeatSnapshot): WorkerSnapshot | null {
  const inState = (state: WorkerSnapshot['state']): WorkerSnapshot | undefined =>
    workers.find((worker) => worker.state === state);
  return inState('ready') ?? inState('starting') ?? workers.at(-1) ?? null;
}

/** How many others of the seat drain. */
export function drainingBeside(seat: SeatSnapshot, current: WorkerSnapshot | null): number {
  return seat.workers.filter((one) => one !== current && one.state === 'draining').length;
}
