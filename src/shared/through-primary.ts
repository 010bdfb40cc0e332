/**
 * The asynchronous methods of rondo/shared in a program without the addon: each is a request to the primary, by
 * rondo/hub, where a plain store answers. A primary asks itself in the same way.
 */

import { rendezvous } from '../hub/environment.js';
import { hub } from '../hub/index.js';
import { RemoteCounter } from './plain/remote-counter.js';
import { RemoteLimiter } from './plain/remote-limiter.js';
import { RemoteMap } from './plain/remote-map.js';
import { type Call, PlainStore } from './plain/store.js';
import type { RemoteShared } from './remote.js';

/** No event of a program is called that. */
const EVENT = 'rondo:shared';

let isServed = false;

/** In a primary: answers the calls of all processes, and its own. In others, or called again, it does nothing. */
export function serveShared(): void {
  if (isServed || rendezvous().role !== 'primary') return;
  isServed = true;
  const store = new PlainStore();
  hub.handle(EVENT, (call) => store.answer(call as Call));
}

async function ask(call: Call): Promise<unknown> {
  serveShared();
  return hub.request('primary', EVENT, call);
}

export const throughPrimary: RemoteShared = {
  counter: (name) => new RemoteCounter(name, ask),
  limiter: (options) => new RemoteLimiter(options, ask),
  map: (options) => new RemoteMap(options, ask),
};
