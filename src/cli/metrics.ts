/** The part of `rondo start` that serves `--metrics`. */

import type { MetricSource } from '../metrics/exposition.js';
import { MetricsServer } from '../metrics/metrics-server.js';
import { pageHandlers } from '../metrics/page/index.js';
import { ProgramMetrics } from '../metrics/program/program-metrics.js';
import { sourceOf } from '../metrics/text.js';
import { passengers } from '../service/handover.js';
import type { MetricsAddress } from './metrics-address.js';
import { textOf } from './place.js';
import type { ParentOfPrograms } from './programs/child.js';
import type { Run } from './run.js';

/**
 * Before the start of the Supervisor, so that its workers know that their metrics are collected. Answers the parent of several programs, and
 * listens where this program is to be asked itself, and says where. Rejects with the error of `net.Server`,
 * which names the address.
 */
export async function serveMetrics(run: Run, parent: ParentOfPrograms | null): Promise<void> {
  const { supervisor, given, settings } = run;
  const isAsked = parent?.collects === true;
  if (!isAsked && settings.metrics === null) return;
  const program = new ProgramMetrics({ supervisor });
  if (isAsked) parent.answer(supervisor, given.program ?? '', [sourceOf(supervisor), program]);
  if (settings.metrics !== null) await listen(run, settings.metrics, program);
}

async function listen(
  { supervisor, note }: Run,
  where: MetricsAddress,
  program: MetricSource,
): Promise<void> {
  const { routes } = pageHandlers(supervisor);
  const server = new MetricsServer({ supervisor, ...where, routes, sources: [program] });
  const address = await server.listenOn(passengers.taken('metrics')?.fd ?? null);
  passengers.add('metrics', {
    give: () => ({ fd: server.fd }),
    left: () => void server.close(),
  });
  note(`metrics at http://${textOf(address)}/metrics`);
}
