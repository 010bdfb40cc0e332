/**
 * What the log begins with: who runs, and how many workers there are to be, and why so many. Said again when a reload,
 * or a change of the number, has found other limits.
 */

import { describeMachine, machine, memoryOf } from '../supervisor/machine.js';
import { VERSION } from '../version.js';
import type { Run } from './run.js';

/** `write` gets the whole line. */
export function sayWhatStarts(run: Run, write: (line: string) => void): void {
  const { pid, versions } = process;
  const { node } = versions;
  const before = sizeOf(run);
  const { isShare: _, ...fields } = before;
  const first = { rondo: VERSION, node, pid, ...fields };
  write(
    run.given.isJson
      ? JSON.stringify({ time: new Date().toISOString(), event: 'begin', ...first })
      : `rondo: ${VERSION}, pid ${pid}, Node v${node}: ${textOf(before)}`,
  );
  let said = textOf(before);
  run.supervisor.on('reload:end', () => {
    const now = textOf(sizeOf(run));
    if (now !== said) run.note(now);
    said = now;
  });
}

function sizeOf({ supervisor, settings }: Run) {
  const its = machine();
  const { workers } = supervisor;
  const { maxMemoryMb } = settings.current;
  const isShare = typeof maxMemoryMb === 'string';
  return {
    workers,
    machine: describeMachine(its),
    maxMemoryMb: isShare ? memoryOf(maxMemoryMb, workers, its) : (maxMemoryMb ?? 0),
    isShare,
  };
}

function textOf({ workers, machine, maxMemoryMb, isShare }: ReturnType<typeof sizeOf>): string {
  const count = workers === 1 ? '1 worker' : `${workers} workers`;
  const limit = isShare ? `, each replaced above ${maxMemoryMb} MB` : '';
  return `${count} (${machine})${limit}`;
}
