/** Settings that are read again: all by a reload, and those that need no new workers as soon as the file changes. */

import type { RondoError } from '../errors.js';
import type { SupervisorOptions } from '../supervisor/types.js';
import type { Run } from './run.js';
import { dealingIn, startOnlyOf } from './settings.js';

/** The reload that goes on, and the one that waits for its end, which others join. */
interface Reloads {
  last: Promise<void>;
  waiting: Promise<void> | null;
}

const ENDS = ['stopping', 'stopped', 'failed'];

const reloadsOf = new WeakMap<Run, Reloads>();

/**
 * With the program and the configuration as they are when its turn has come. Resolves when every seat has a new worker. Rejects
 * as `supervisor.reload()`, and with an ArgumentError for a wrong configuration, when nothing has begun.
 */
export function reload(run: Run): Promise<void> {
  const reloads = reloadsOf.get(run) ?? { last: Promise.resolve(), waiting: null };
  reloadsOf.set(run, reloads);
  reloads.waiting ??= reloads.last
    .catch(() => {})
    .then(() => {
      reloads.waiting = null;
      reloads.last = begin(run);
      return reloads.last;
    });
  return reloads.waiting;
}

async function begin({ supervisor, settings, note }: Run): Promise<void> {
  const changes = settings.readAgain();
  const kept = startOnlyOf(Object.keys(changes));
  for (const key of kept) delete changes[key];
  const late = [...kept, ...(settings.hasOtherMetrics ? ['metrics'] : [])];
  if (late.length > 0) note(`only a new start takes over ${late.join(', ')}; the rest is reloaded`);
  const dealing = dealingIn(changes);
  for (const key in dealing) delete changes[key as keyof SupervisorOptions];
  const accept = (accepted: Partial<SupervisorOptions>): void => {
    settings.accept(accepted);
    supervisor.rebase(accepted);
  };
  try {
    // As soon as the file says so, and whatever becomes of the new workers.
    if (Object.keys(dealing).length > 0) supervisor.configure(dealing);
    accept(dealing);
    await supervisor.reload(changes);
  } catch (error) {
    // By then every seat has a new worker, but for one that was added.
    if ((error as RondoError).code === 'ERR_RONDO_START_FAILED') accept(changes);
    throw isRefused(error as Error) ? settings.explain(error) : error;
  }
  accept(changes);
}

/** Whether a reload was refused, of which no event tells. */
export function isRefused(error: Error): boolean {
  const { code } = error as RondoError;
  return code !== 'ERR_RONDO_RELOAD_FAILED' && code !== 'ERR_RONDO_START_FAILED';
}

/** Until the process ends. */
export function followFile({ supervisor, settings, note }: Run): void {
  settings.watch(
    ({ workers, ...dealing }, others) => {
      // After an upgrade it is another process that follows the file.
      if (ENDS.includes(supervisor.stats().state)) return;
      try {
        if (Object.keys(dealing).length > 0) supervisor.configure(dealing);
        supervisor.rebase(dealing);
      } catch (error) {
        note((error as Error).message);
      }
      // It is a number: see settings.ts.
      if (typeof workers === 'number') {
        supervisor.rebase({ workers });
        supervisor.scale(workers).catch((error: Error) => note(error.message));
      }
      const late: string[] = startOnlyOf(others);
      if (settings.hasOtherMetrics) late.push('metrics');
      const reloaded = others.filter((key) => !late.includes(key));
      if (reloaded.length > 0) note(`a reload will take over ${reloaded.join(', ')}`);
      if (late.length > 0) note(`only a new start takes over ${late.join(', ')}`);
    },
    (error) => note(error.message),
  );
}
