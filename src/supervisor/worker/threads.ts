/**
 * What listens in a thread of the worker's, which neither node:cluster nor this thread knows of. Each thread
 * has the preload, too, as long as the program leaves it its `execArgv`, and tells the one that started it.
 */

import { subscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:net';
import { parentPort, type Worker } from 'node:worker_threads';
import { around } from '../../hidden-listeners.js';
import type { ListeningPlace } from '../messages.js';
import { placeOf, watchUdp } from './reports.js';

interface Report {
  cmd: 'NODE_SUPERVISE_LISTENING';
  place: ListeningPlace;
}

/** In the thread that starts others: what they tell is not among the messages that the program gets. */
export function watchThreads(report: (place: ListeningPlace) => void): void {
  subscribe('worker_threads', (message) => {
    const { worker } = message as { worker: Worker };
    around(worker, 'message', ([said], next) => {
      if (!isReport(said)) return next();
      report(said.place);
      return true;
    });
  });
}

/** In such a thread. */
export function reportThread(): void {
  const report = (place: ListeningPlace): void => {
    parentPort?.postMessage({ cmd: 'NODE_SUPERVISE_LISTENING', place } satisfies Report);
  };
  subscribe('tracing:net.server.listen:asyncEnd', (message) => {
    const place = placeOf((message as { server: Server }).server);
    if (place !== null) report(place);
  });
  watchUdp(report);
  watchThreads(report);
}

function isReport(said: unknown): said is Report {
  return (said as Partial<Report> | null)?.cmd === 'NODE_SUPERVISE_LISTENING';
}
