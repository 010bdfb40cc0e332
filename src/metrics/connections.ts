/** What is written of connections, for a Supervisor and for a Dispatcher alone. */

import type { AddressSnapshot } from '../control/types.js';
import type { Dispatcher } from '../dispatcher/dispatcher.js';
import { Figure, type SlotFigures, TIME_BOUNDS_S, TIMES } from '../native/figures.js';
import type { IdleStats } from '../types/stats.js';
import { type Exposition, labelsOf } from './exposition.js';
import { writeRouted, writeSessions } from './sessions.js';

/** Of each seat or slot. */
export const COUNTED = [
  {
    key: 'handed',
    name: 'rondo_connections_handed',
    help: 'Connections handed off; again for each time.',
  },
  {
    key: 'received',
    name: 'rondo_connections_received',
    help: 'Connections that workers have received.',
  },
  {
    key: 'ended',
    name: 'rondo_connections_ended',
    help: 'Connections that were received and are over.',
  },
  {
    key: 'refused',
    name: 'rondo_connections_refused',
    help: 'Connections that workers sent back: their server was closing or full.',
  },
  {
    key: 'released',
    name: 'rondo_connections_released',
    help: 'Connections that workers gave back between two requests.',
  },
  {
    key: 'reclaimed',
    name: 'rondo_connections_reclaimed',
    help: 'Connections read back from a worker that died or did not receive.',
  },
  {
    key: 'unfinished',
    name: 'rondo_connections_unfinished',
    help: 'Connections that were open when their worker ended.',
  },
  {
    key: 'lost',
    name: 'rondo_connections_lost',
    help: 'Connections lost because a process had no file descriptor left.',
  },
] as const;

export const GAUGES = [
  {
    key: 'open',
    name: 'rondo_connections_open',
    help: 'Connections received and not over, also those of draining workers.',
  },
  {
    key: 'pending',
    name: 'rondo_connections_pending',
    help: 'Connections handed off and not received yet.',
  },
] as const;

/** Where the sum of a histogram is, behind its counts. */
const SUM = TIMES - 1;

/** `0.00005` and not `5e-05`, and `1.0` as OpenMetrics wants it. */
export const TIME_BOUNDS = TIME_BOUNDS_S.map((seconds) => {
  const text = seconds.toFixed(6).replace(/0+$/, '');
  return text.endsWith('.') ? `${text}0` : text;
});

/** Of a dispatcher as a whole. */
export function writeDealing(
  into: Exposition,
  dispatcher: Pick<Dispatcher, 'counts' | 'queueTimes'>,
): void {
  const figures = dispatcher.counts();
  into.family({
    name: 'rondo_connections_waiting',
    type: 'gauge',
    help: 'Accepted connections that wait in the primary.',
  });
  into.gauge('', figures.waiting);
  into.family({
    name: 'rondo_connections_looking',
    type: 'gauge',
    help: 'Accepted connections of which the first bytes are still to come.',
  });
  into.gauge('', figures.looking);
  into.family({
    name: 'rondo_starved_seconds',
    type: 'counter',
    unit: 'seconds',
    help: 'Time in which connections waited and no worker had room.',
  });
  into.counter('', figures.starvedMs / 1_000);
  into.family({
    name: 'rondo_engine_wakeups',
    type: 'counter',
    help: "How often the engine's thread has woken up; 0 with the ipc transport.",
  });
  into.counter('', figures.wakeUps);
  writeIdle(into, figures.idle);
  into.family({
    name: 'rondo_rebalancing',
    type: 'gauge',
    help: 'Whether connections move after each request at the moment, 1 or 0.',
  });
  into.gauge('', figures.rebalancing === 'moving' ? 1 : 0);
  into.family({
    name: 'rondo_queue_time_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'How long accepted connections waited in the primary before they were handed off.',
  });
  into.histogramAt('', TIME_BOUNDS, dispatcher.queueTimes(), 0, 1e-6);
}

/** Of connections between two requests. */
function writeIdle(into: Exposition, idle: IdleStats): void {
  const { held, moved, ended, timedOut, closed, passedOn, takenOver } = idle;
  into.family({
    name: 'rondo_connections_idle',
    type: 'gauge',
    help: 'Connections between two requests that the primary holds.',
  });
  into.gauge('', held);
  into.family({
    name: 'rondo_connections_moved',
    type: 'counter',
    help: 'Connections dealt again with their next request.',
  });
  into.counter('', moved);
  into.family({
    name: 'rondo_idle_connections_closed',
    type: 'counter',
    help: 'Connections between two requests that ended in the primary, by why.',
  });
  into.counter('{reason="client"}', ended);
  into.counter('{reason="timeout"}', timedOut);
  into.counter('{reason="listener"}', closed);
  into.family({
    name: 'rondo_connections_passed_on',
    type: 'counter',
    help: 'Connections passed on to the process that took the place of this one.',
  });
  into.counter('', passedOn);
  into.family({
    name: 'rondo_connections_taken_over',
    type: 'counter',
    help: 'Connections that came from the process whose place this one has taken.',
  });
  into.counter('', takenOver);
}

export function writeAddresses(into: Exposition, addresses: readonly AddressSnapshot[]): void {
  const labelled = addresses.map((one) => ({
    ...one,
    labels: labelsOf({ listener: one.address }),
  }));
  into.family({
    name: 'rondo_connections_accepted',
    type: 'counter',
    help: 'Connections accepted, those that were turned away at once included.',
  });
  for (const { labels, accepted } of labelled) into.counter(labels, accepted);
  into.family({
    name: 'rondo_connections_redealt',
    type: 'counter',
    help: 'Connections dealt once more, after a refusal or when they were reclaimed.',
  });
  for (const { labels, redealt } of labelled) into.counter(labels, redealt);
  into.family({
    name: 'rondo_connections_closed',
    type: 'counter',
    help: 'Connections closed by the primary: no worker would take it, or a limit turned it away.',
  });
  for (const { address, closed, turnedAway } of addresses) {
    into.counter(labelsOf({ listener: address, reason: 'refused' }), closed);
    into.counter(labelsOf({ listener: address, reason: 'turned-away' }), turnedAway);
  }
  writeRouted(into, addresses);
  writeSessions(into, addresses);
  into.family({
    name: 'rondo_proxy_errors',
    type: 'counter',
    help: 'Connections closed for their PROXY header, by what was wrong.',
  });
  for (const { address, proxyFaults } of addresses) {
    for (const [reason, count] of Object.entries(proxyFaults)) {
      into.counter(labelsOf({ listener: address, reason }), count);
    }
  }
  into.family({
    name: 'rondo_accept_errors',
    type: 'counter',
    help: 'Errors of accept(2), by code.',
  });
  for (const { address, acceptErrors } of addresses) {
    for (const [code, count] of Object.entries(acceptErrors)) {
      into.counter(labelsOf({ listener: address, code }), count);
    }
  }
}

/**
 * The time to each worker. Its distribution is over all of them: by worker it would be more than half of a scrape of 64,
 * and the mean of each tells which one is slow.
 */
export function writeHandoffs(
  into: Exposition,
  places: ReadonlyArray<{ labels: string; sums: SlotFigures }>,
): void {
  const all = new Float64Array(TIMES);
  const counts = new Float64Array(places.length);
  for (const [place, { sums }] of places.entries()) {
    let count = 0;
    for (let at = 0; at < TIMES; at++) {
      const number = (sums as Float64Array)[Figure.handoffTimes + at] as number;
      (all[at] as number) += number;
      if (at < SUM) count += number;
    }
    counts[place] = count;
  }
  into.family({
    name: 'rondo_handoff_latency_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: "From a connection's accepting until the worker's program has it.",
  });
  into.histogramAt('', TIME_BOUNDS, all, 0, 1e-6);
  into.family({
    name: 'rondo_worker_handoff_latency_seconds',
    type: 'summary',
    unit: 'seconds',
    help: 'The same by worker.',
  });
  for (const [place, { labels, sums }] of places.entries()) {
    const sum = (sums as Float64Array)[Figure.handoffTimes + SUM] as number;
    into.sample('_sum', labels, rounded(sum * 1e-6));
    into.sample('_count', labels, counts[place] as number);
  }
}

/** To nanoseconds: 0.1 + 0.2 is no figure. */
export function rounded(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e9;
}
