/**
 * `rondo/hub`: messages between the processes of a program. See docs/messages.md.
 *
 * @module rondo/hub
 */

import { ProcessHub } from './hub.js';
import type { EventMap, Hub } from './types.js';

export { requestOptions } from './options.js';
export type {
  EventMap,
  EventName,
  Hub,
  HubListener,
  HubOptions,
  HubStats,
  Member,
  Overflow,
  RequestOptions,
  Role,
  Target,
} from './types.js';

const own = new ProcessHub();

/** This process's hub. It joins the others with the first call that needs them. */
export const hub: Hub = own;

/** @internal For what is built on the hub. */
export function onLeft(listener: (id: string) => void): () => void {
  return own.onLeft(listener);
}

/**
 * The same hub, with the names of events and their arguments checked by the compiler. Nothing is checked when the
 * program runs.
 *
 * @example
 * const hub = typedHub<{ chat: [room: string, text: string] }>();
 */
export function typedHub<Events extends EventMap>(): Hub<Events> {
  return hub as unknown as Hub<Events>;
}
