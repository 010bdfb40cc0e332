/** What the host of a program calls the place of a worker, out of the variables that it is forked with. */

import type { Identity } from './program/workers.js';

/** Those by which hosts number their workers, the first that is there counts. */
const VARIABLES = ['RONDO_SEAT', 'NODE_APP_INSTANCE'];

const NUMBER = /^\d{1,9}$/;

/**
 * pm2's id of the process, which stays over restarts and reloads, with the name of its program: a daemon may have
 * several. Otherwise a variable, and otherwise the slot.
 */
export function placeOf(env: Readonly<Record<string, unknown>>, slot: number): Identity {
  const pm2 = pm2Of(env.pm2_env);
  if (pm2 !== null) return pm2;
  const named = VARIABLES.map((name) => String(env[name] ?? '')).find((text) => NUMBER.test(text));
  return { seat: named ?? String(slot), extra: {} };
}

function pm2Of(variable: unknown): Identity | null {
  if (typeof variable !== 'string') return null;
  try {
    const { pm_id: id, name } = JSON.parse(variable) as { pm_id?: unknown; name?: unknown };
    if (!Number.isInteger(id) || typeof name !== 'string') return null;
    return { seat: String(id), extra: { pm2_name: name } };
  } catch {
    // Some other program's variable of that name.
    return null;
  }
}
