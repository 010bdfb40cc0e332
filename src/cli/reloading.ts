/** Settings that are read again: all by a reload, and those that need no new workers as soon as the file changes. */

import type { RondoError } from '../errors.js';
import type { Run } from './run.js';

/**
 * With the program and the configuration as they are now. Resolves when every seat has a new worker. Rejects
 * as `supervisor.reload()`, and with an ArgumentError for a wrong configuration, when nothing has begun.
 */
export async function reload({ supervisor, settings, note }: Run): Promise<void> {
  const { agent, transport, sticky, ...changes } = settings.readAgain();
  const kept = Object.entries({ agent, transport, sticky }).filter(
    ([, value]) => value !== undefined,
  );
  if (kept.length > 0) {
    const keys = kept.map(([key]) => key).join(', ');
    note(`only a new start takes over ${keys}; the rest is reloaded`);
  }
  try {
    await supervisor.reload(changes);
  } catch (error) {
    throw isRefused(error as Error) ? settings.explain(error) : error;
  }
  settings.accept(changes);
}

/** Whether a reload was refused, of which no event tells. */
export function isRefused(error: Error): boolean {
  return (error as RondoError).code !== 'ERR_RONDO_RELOAD_FAILED';
}

/** Until the process ends. */
export function followFile({ supervisor, settings, note }: Run): void {
  settings.watch(
    ({ workers, ...dealing }, others) => {
      try {
        if (Object.keys(dealing).length > 0) supervisor.configure(dealing);
      } catch (error) {
        note((error as Error).message);
      }
      // It is a number: see settings.ts.
      if (typeof workers === 'number') {
        supervisor.scale(workers).catch((error: Error) => note(error.message));
      }
      if (others.length > 0) note(`a reload will take over ${others.join(', ')}`);
    },
    (error) => note(error.message),
  );
}
