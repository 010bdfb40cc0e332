/**
 * `RONDO_METRICS=[HOST:]PORT`: `/metrics`, `/live` and `/ready` of a program whose primary is not a Supervisor, such as
 * pm2's daemon. Nothing that goes wrong here ends the program: it is a warning.
 */

import type { ClusterPrimary } from '../cluster/primary.js';
import { DropInSource } from '../metrics/drop-in-source.js';
import type { MetricSource } from '../metrics/exposition.js';
import { ProgramMetrics } from '../metrics/program/program-metrics.js';
import { scrapeHandler } from '../metrics/scrape.js';
import { end, type Handler, RouteServer } from '../metrics/server.js';
import { parseMetricsAddress } from './metrics-address.js';

/** Before the first fork, so that each worker knows that metrics are collected. */
export function serveDropIn(primary: ClusterPrimary, where: string): void {
  const address = parseMetricsAddress(where);
  if (address === null) {
    return warn(`RONDO_METRICS must be [HOST:]PORT. Received '${where}'`, 'RONDO_METRICS_ADDRESS');
  }
  const figures = new DropInSource(primary);
  const sources: MetricSource[] = [figures];
  try {
    sources.push(new ProgramMetrics(() => figures.workers()));
  } catch (error) {
    warn(
      `The program's own metrics are not collected: ${(error as Error).message}`,
      'RONDO_METRICS_UNAVAILABLE',
    );
  }
  const server = new RouteServer({
    ...address,
    routes: new Map([
      ['/metrics', scrapeHandler(sources)],
      ['/live', live],
      ['/ready', readyOf(primary)],
    ]),
  });
  server.listen().catch((error: Error) => {
    warn(`There are no metrics: ${error.message}`, 'RONDO_METRICS_UNAVAILABLE');
  });
}

/** Whoever gets an answer knows that the primary's event loop turns. */
const live: Handler = (_request, response) => end(response, 200, 'running\n');

function readyOf(primary: ClusterPrimary): Handler {
  return (_request, response) => {
    const { slots } = primary.dispatcher.stats();
    const ready = slots.filter(({ state }) => state === 'ready').length;
    end(response, ready > 0 ? 200 : 503, `${ready} of ${slots.length} workers ready\n`);
  };
}

function warn(message: string, code: string): void {
  process.emitWarning(message, { type: 'RondoWarning', code });
}
