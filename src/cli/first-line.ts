/** What the log begins with: who runs, and how many workers there are to be, and why so many. */

import { rondoVersion } from '../control/snapshot.js';
import { describeMachine, machine, memoryOf } from '../supervisor/machine.js';
import type { Run } from './run.js';

export function sayWhatStarts({ supervisor, settings, note }: Run): void {
  const its = machine();
  const { workers } = supervisor;
  const count = workers === 1 ? '1 worker' : `${workers} workers`;
  const { maxMemoryMb } = settings.current;
  const limit =
    typeof maxMemoryMb === 'string'
      ? `, each replaced above ${memoryOf(maxMemoryMb, workers, its)} MB`
      : '';
  note(
    `${rondoVersion}, pid ${process.pid}, Node ${process.version}: ${count} (${describeMachine(its)})${limit}`,
  );
}
