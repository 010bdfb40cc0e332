/** What `rondo status` prints for people. */

import type { ControlStatus, LastReload } from '../../control/answers.js';
import type { DealingSnapshot, SeatSnapshot, WorkerSnapshot } from '../../control/types.js';
import type { Rebalancing } from '../../types/stats.js';
import { textOf } from '../place.js';
import { type Cell, durationText, tableOf } from './table.js';

const WORKER_TITLES = [
  'SEAT',
  'STATE',
  'PID',
  'UP',
  'OPEN',
  'PENDING',
  'HANDED',
  'BUSY',
  'LOOP',
  'MEMORY',
  'WEIGHT',
  'FAILURES',
];
const LISTENER_TITLES = ['LISTENER', 'ADDRESS', 'STATE', 'POLICY', 'ACCEPTED', 'TURNED AWAY'];
/** Of those that are sticky. */
const SESSION_TITLES = ['SESSIONS', 'MOVED'];

export function statusText(status: ControlStatus): string {
  const lines = [...head(status), '', ...workers(status)];
  if (status.listeners.length > 0) lines.push('', ...listeners(status));
  return lines.join('\n');
}

function head(status: ControlStatus): string[] {
  const { name, pid, program, uptimeMs, versions, state, isDegraded, ready, workers } = status;
  const { dealing, agent, lastReload } = status;
  const how =
    dealing === null
      ? "node:cluster's own scheduling"
      : `${dealing.transport}, policy ${dealing.policy}, window ${dealing.window}`;
  return [
    `${name} (pid ${pid}): ${program}`,
    `up ${durationText(uptimeMs)}, rondo ${versions.rondo}, Node ${versions.node}`,
    `${state}${isDegraded ? ', degraded' : ''}, ${ready} of ${workers} workers ready; ${how}`,
    ...(agent === null
      ? []
      : [`agent: ${agent.isReady ? `ready (pid ${agent.pid})` : 'not ready'}`]),
    ...(dealing === null ? [] : [movesText(dealing)]),
    ...(lastReload === null ? [] : [reloadText(lastReload)]),
  ];
}

const MOVES: Record<Rebalancing, string> = {
  moving: 'move after each request',
  off: 'stay (off)',
  alone: 'stay (no other worker)',
  quick: 'stay (no slow requests)',
  full: 'stay (requests are slow, and no worker has room)',
};

function movesText({ rebalancing, idle }: DealingSnapshot): string {
  return `idle connections: ${MOVES[rebalancing]}, ${idle.moved} moved`;
}

function reloadText({ time, outcome, ms, error }: LastReload): string {
  const when = `${durationText(Math.max(0, Date.now() - time))} ago`;
  if (outcome === 'running') return `reload: runs for ${durationText(ms)}`;
  const why = error === null ? '' : `: ${error.message.split('\n', 1)[0]}`;
  return `last reload: ${outcome} after ${durationText(ms)}, begun ${when}${why}`;
}

function workers({ seats }: ControlStatus): string[] {
  const rows = seats.flatMap((seat) =>
    seat.workers.length === 0
      ? [rowOf(seat, null)]
      : seat.workers.map((worker) => rowOf(seat, worker)),
  );
  return tableOf(WORKER_TITLES, rows, ['SEAT', 'STATE']);
}

function rowOf(seat: SeatSnapshot, worker: WorkerSnapshot | null): Cell[] {
  const { loopDelayMs = null, utilisation = null, memoryBytes = null } = worker ?? {};
  return [
    String(seat.seat),
    worker?.state ?? seat.state,
    worker?.pid ?? null,
    worker && durationText(worker.livedMs),
    worker?.open ?? null,
    worker?.pending ?? null,
    seat.counters.handed,
    utilisation === null ? null : `${Math.round(utilisation * 100)} %`,
    loopDelayMs === null ? null : `${loopDelayMs.toFixed(1)} ms`,
    memoryBytes === null ? null : `${Math.round(memoryBytes / 1e6)} MB`,
    seat.weight,
    seat.failures,
  ];
}

function listeners({ listeners }: ControlStatus): string[] {
  const hasSessions = listeners.some(({ sessions }) => sessions.created > 0);
  const rows = listeners.map(({ id, address, paused, policy, accepted, turnedAway, sessions }) => [
    String(id),
    address === null ? null : textOf(address),
    paused ? 'paused' : 'open',
    policy,
    accepted,
    turnedAway,
    ...(hasSessions ? [sessions.held, sessions.moved] : []),
  ]);
  const titles = hasSessions ? [...LISTENER_TITLES, ...SESSION_TITLES] : LISTENER_TITLES;
  return tableOf(titles, rows, ['LISTENER', 'ADDRESS', 'STATE', 'POLICY']);
}
