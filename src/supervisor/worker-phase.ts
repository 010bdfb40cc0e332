/**
 * The phases of a worker process, and what others see of them.
 *
 *   starting ──▶ ready ──▶ proven ──▶ well ──▶ draining ──▶ hurried
 *       │          └──────────┴─────────│──────────▲            │         killed: by this process, which
 *       └───────────────────────────────┴──────────┴────────────┴─▶ killed, exited       may take a moment
 *
 * proven: it answers, and is waited for to listen at as many addresses as the worker whose place it takes.
 */

import type { WorkerState } from './types.js';

export type Phase =
  | 'starting'
  | 'ready'
  | 'proven'
  | 'well'
  | 'draining'
  | 'hurried'
  | 'killed'
  | 'exited';

const NEXT: Record<Phase, readonly Phase[]> = {
  starting: ['ready', 'draining', 'killed', 'exited'],
  ready: ['proven', 'draining', 'killed', 'exited'],
  proven: ['well', 'draining', 'killed', 'exited'],
  well: ['draining', 'killed', 'exited'],
  draining: ['hurried', 'killed', 'exited'],
  hurried: ['killed', 'exited'],
  killed: ['exited'],
  exited: [],
};

/** Of one that is killed it stays what it was. */
const STATES: Record<Exclude<Phase, 'killed'>, WorkerState> = {
  starting: 'starting',
  ready: 'ready',
  proven: 'ready',
  well: 'ready',
  draining: 'draining',
  hurried: 'draining',
  exited: 'exited',
};

export function mayFollow(phase: Phase, next: Phase): boolean {
  return NEXT[phase].includes(next);
}

export function stateIn(phase: Phase, before: WorkerState): WorkerState {
  return phase === 'killed' ? before : STATES[phase];
}
