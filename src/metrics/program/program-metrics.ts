/** The program's own metrics as a source of `/metrics`: those of `rondo/shared` and those of prom-client. */

import { Desk } from '../../collect/desk.js';
import { invalidOption } from '../../errors.js';
import { checkKeys, type Keys } from '../../options.js';
import { Supervisor } from '../../supervisor/supervisor.js';
import type { Exposition, MetricSource } from '../exposition.js';
import { labelsOf } from '../exposition.js';
import { Names } from './names.js';
import { RegistrySource } from './registry-source.js';
import { SharedSource } from './shared-source.js';
import { type Workers, workersOf } from './workers.js';

/** Options of {@link ProgramMetrics}. */
export interface ProgramMetricsOptions {
  /** Whose workers they are; their seats are the labels. */
  supervisor: Supervisor;
}

const KEYS: Keys<ProgramMetricsOptions> = { supervisor: true };

/**
 * The metrics that the program itself counts, as a source of a {@link MetricsServer}:
 *
 * ```js
 * const program = new ProgramMetrics({ supervisor });       // before supervisor.start()
 * const server = new MetricsServer({ supervisor, port: 9100, sources: [program] });
 * ```
 *
 * Counters, gauges and histograms of `rondo/shared` are read from memory. Registries of prom-client are told by the
 * workers that are forked after this, each second while somebody reads them, and merged here; no worker is asked
 * for anything. `rondo start --metrics` has one.
 */
export class ProgramMetrics implements MetricSource {
  readonly #desk: Desk;
  readonly #shared: SharedSource;
  readonly #registries: RegistrySource;

  /** Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`, and system errors if it cannot listen for workers. */
  constructor(options: ProgramMetricsOptions | Workers) {
    const workers = typeof options === 'function' ? options : workersOf(checked(options));
    this.#desk = new Desk((pid) => workers().get(pid) ?? { seat: null, extra: {} });
    this.#shared = new SharedSource(workers);
    this.#registries = new RegistrySource(this.#desk);
  }

  write(into: Exposition): void {
    const names = new Names(into);
    this.#shared.write(into, names);
    this.#registries.write(into, names);
    const leftOut = [...names.leftOut()];
    if (leftOut.length === 0) return;
    into.family({
      name: 'rondo_program_metrics_left_out',
      type: 'gauge',
      help: "What of the program's own metrics is not here, by the reason.",
    });
    for (const [reason, count] of leftOut) into.gauge(labelsOf({ reason }), count);
  }

  /** Workers tell nothing any more. */
  close(): void {
    this.#desk.close();
  }
}

function checked(options: ProgramMetricsOptions): Supervisor {
  checkKeys('options', options, KEYS);
  if (options.supervisor instanceof Supervisor) return options.supervisor;
  throw invalidOption('supervisor', 'a Supervisor', options.supervisor);
}
