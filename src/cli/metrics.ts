/** The part of `rondo start` that serves `--metrics`. */

import { MetricsServer } from '../metrics/metrics-server.js';
import { pageHandlers } from '../metrics/page/index.js';
import { ProgramMetrics } from '../metrics/program/program-metrics.js';
import { passengers } from '../service/handover.js';
import { textOf } from './place.js';
import type { Run } from './run.js';

/**
 * Listens, and says where. Resolves at once without the option. Rejects with the error of `net.Server`, which
 * names the address.
 */
export async function serveMetrics({ supervisor, given, note }: Run): Promise<void> {
  if (given.metrics === null) return;
  const sources = [new ProgramMetrics({ supervisor })];
  const { routes } = pageHandlers(supervisor);
  const server = new MetricsServer({ supervisor, ...given.metrics, routes, sources });
  const address = await server.listenOn(passengers.taken('metrics')?.fd ?? null);
  passengers.add('metrics', {
    give: () => ({ fd: server.fd }),
    left: () => void server.close(),
  });
  note(`metrics at http://${textOf(address)}/metrics`);
}
