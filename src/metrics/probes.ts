/** Whether a load balancer should send requests (`/ready`), and whether a restart would help (`/live`). */

import type { Supervisor } from '../supervisor/supervisor.js';
import { end, type Handler } from './server.js';

/** 200 while a worker serves and no end is announced. */
export function readyHandler(supervisor: Supervisor): Handler {
  return (_request, response) => {
    const { state, seats } = supervisor.stats();
    const ready = seats.filter(({ workers }) =>
      workers.some((worker) => worker.state === 'ready'),
    ).length;
    const isReady = state === 'running' && ready > 0;
    end(
      response,
      isReady ? 200 : 503,
      `${state}, ${ready} of ${supervisor.workers} workers ready\n`,
    );
  };
}

/** 200 while the primary's event loop turns, and it has not failed. */
export function liveHandler(supervisor: Supervisor): Handler {
  return (_request, response) => {
    const { state } = supervisor.stats();
    end(response, state === 'failed' ? 503 : 200, `${state}\n`);
  };
}
