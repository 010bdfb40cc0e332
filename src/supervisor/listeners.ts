/** The listeners that workers have asked for, as the Supervisor's caller names them. */

import type { Dispatcher } from '../dispatcher/dispatcher.js';
import type { Listener } from '../dispatcher/listener.js';
import { invalidOption, RondoError } from '../errors.js';
import { rondo } from './forking.js';

/** Throws `ERR_RONDO_NATIVE_MISSING` with Node's own scheduling. */
export function dispatcherInUse(): Dispatcher {
  const dispatcher = rondo()?.dispatcher;
  if (dispatcher !== undefined) return dispatcher;
  throw new RondoError(
    'ERR_RONDO_NATIVE_MISSING',
    "With node:cluster's own scheduling rondo has no listeners and deals no connections",
  );
}

/** By its id or name. Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_NATIVE_MISSING`. */
export function findListener(wanted: number | string): Listener {
  const { openListeners } = dispatcherInUse();
  const found = openListeners.find(({ id, name }) => id === wanted || name === wanted);
  if (found !== undefined) return found;
  throw invalidOption('listener', 'the id or the name of one that is open', wanted);
}

/** All without one. Throws as {@link findListener}. */
export function listenersMeant(wanted: number | string | undefined): Listener[] {
  return wanted === undefined ? dispatcherInUse().openListeners : [findListener(wanted)];
}
