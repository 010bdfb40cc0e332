/** The metrics of a Supervisor or a Dispatcher as text, for programs that have a server of their own. */

import { Dispatcher } from '../dispatcher/dispatcher.js';
import { invalidOption } from '../errors.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { DispatcherSource } from './dispatcher-source.js';
import type { Format, MetricSource } from './exposition.js';
import { expose } from './scrape.js';
import { SupervisorSource } from './supervisor-source.js';

/**
 * What `/metrics` of a {@link MetricsServer} answers: Prometheus' text format 0.0.4 (default), or OpenMetrics
 * 1.0. Asks no worker. Throws `ERR_RONDO_INVALID_OPTION`.
 */
export function metricsOf(subject: Supervisor | Dispatcher, format: Format = 'prometheus'): string {
  if (format !== 'prometheus' && format !== 'openmetrics') {
    throw invalidOption('format', "'prometheus' or 'openmetrics'", format);
  }
  return expose([sourceOf(subject)], format).toString();
}

export function sourceOf(subject: Supervisor | Dispatcher): MetricSource {
  if (subject instanceof Supervisor) return new SupervisorSource(subject);
  if (subject instanceof Dispatcher) return new DispatcherSource(subject);
  throw invalidOption('subject', 'a Supervisor or a Dispatcher', subject);
}
