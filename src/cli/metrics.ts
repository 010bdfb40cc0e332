/** The part of `rondo start` that serves `--metrics`. */

import { MetricsServer } from '../metrics/metrics-server.js';
import { ProgramMetrics } from '../metrics/program/program-metrics.js';
import { textOf } from './place.js';
import type { Run } from './run.js';

/**
 * Listens, and says where. Resolves at once without the option. Rejects with the error of `net.Server`, which
 * names the address.
 */
export async function serveMetrics({ supervisor, given, note }: Run): Promise<void> {
  if (given.metrics === null) return;
  const sources = [new ProgramMetrics({ supervisor })];
  const server = new MetricsServer({ supervisor, ...given.metrics, sources });
  const address = await server.listen();
  note(`metrics at http://${textOf(address)}/metrics`);
}
