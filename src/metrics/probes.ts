/** Whether a load balancer should send requests (`/ready`), and whether a restart would help (`/live`). */

import type { ServerResponse } from 'node:http';
import type { Supervisor } from '../supervisor/supervisor.js';
import { end, type Handler } from './server.js';

/** What a probe is answered. */
export interface Probe {
  isWell: boolean;
  text: string;
}

/** Well while a worker serves and no end is announced. */
export function readiness(supervisor: Supervisor): Probe {
  const { state, seats } = supervisor.stats();
  const ready = seats.filter(({ workers }) =>
    workers.some((worker) => worker.state === 'ready'),
  ).length;
  return {
    isWell: state === 'running' && ready > 0,
    text: `${state}, ${ready} of ${supervisor.workers} workers ready`,
  };
}

/** Well while the primary's event loop turns, and it has not failed. */
export function liveness(supervisor: Supervisor): Probe {
  const { state } = supervisor.stats();
  return { isWell: state !== 'failed', text: state };
}

export function readyHandler(supervisor: Supervisor): Handler {
  return (_request, response) => endProbe(response, readiness(supervisor));
}

export function liveHandler(supervisor: Supervisor): Handler {
  return (_request, response) => endProbe(response, liveness(supervisor));
}

/** 200 if it is well, else 503. */
export function endProbe(response: ServerResponse, { isWell, text }: Probe): void {
  end(response, isWell ? 200 : 503, `${text}\n`);
}
