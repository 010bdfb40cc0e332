/** rondo's part in the events of `process`. */

import * as hidden from '../hidden-listeners.js';

export function around(event: string | symbol, wrapper: hidden.Around): () => void {
  return hidden.around(process, event, wrapper);
}

export function before(event: string | symbol, listener: (...args: never[]) => void): () => void {
  return hidden.before(process, event, listener);
}

export type { Around } from '../hidden-listeners.js';
