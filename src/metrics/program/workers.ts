/** Who the processes are whose metrics are shown. */

import type { Identity } from '../../collect/desk.js';
import type { Supervisor } from '../../supervisor/supervisor.js';

export type { Identity } from '../../collect/desk.js';

/** The workers that are alive, by their pids. */
export type Workers = () => ReadonlyMap<number, Identity>;

export function workersOf(supervisor: Supervisor): Workers {
  return () => {
    const { seats } = supervisor.stats();
    return new Map(
      seats.flatMap(({ id, workers }) =>
        workers.flatMap(({ pid }) =>
          pid === null ? [] : [[pid, { seat: String(id), extra: {} }] as const],
        ),
      ),
    );
  };
}
