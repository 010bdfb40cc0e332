/**
 * The asynchronous methods of rondo/shared in a program without the addon: each is a request to the primary, by
 * rondo/hub, where a plain store answers. A primary asks itself in the same way.
 */

import { RondoError } from '../errors.js';
import { rendezvous } from '../hub/environment.js';
import { hub } from '../hub/index.js';
import { RemoteCounter } from './plain/remote-counter.js';
import { RemoteLimiter } from './plain/remote-limiter.js';
import { RemoteMap } from './plain/remote-map.js';
import { type Call, PlainStore } from './plain/store.js';
import { type RemoteShared, SHARED_EVENT } from './remote.js';

/** How long a primary may take to learn that it is asked. */
const LEARNS_MS = 5_000;
const AGAIN_MS = 5;

let served: PlainStore | null = null;
let known: Promise<void> | undefined;

/** In a primary: answers the calls of all processes, and its own. Called again, it does nothing. */
export function serveShared(): void {
  if (served !== null) return;
  const store = new PlainStore();
  served = store;
  hub.handle(SHARED_EVENT, (call) => store.answer(call as Call));
}

/** All counters that this primary keeps. */
export function servedCounters(): Iterable<[name: string, value: number]> {
  return served?.counters() ?? [];
}

async function ask(call: Call): Promise<unknown> {
  known ??= reach();
  await known;
  return hub.request('primary', SHARED_EVENT, call);
}

/** Resolves when the primary answers; the next call tries again if it does not. */
async function reach(): Promise<void> {
  if (rendezvous().role === 'primary') return serveShared();
  // By that the primary learns that it is to answer.
  hub.on(SHARED_EVENT, ignore);
  try {
    await hub.ready();
    await answered();
  } catch (error) {
    known = undefined;
    throw error;
  } finally {
    hub.off(SHARED_EVENT, ignore);
  }
}

function ignore(): void {}

async function answered(): Promise<void> {
  const deadline = performance.now() + LEARNS_MS;
  for (;;) {
    try {
      await hub.request('primary', SHARED_EVENT, ['counter', '', 'get']);
      return;
    } catch (cause) {
      const { code } = cause as { code?: string };
      const isEarly = code === 'ERR_RONDO_HUB_GONE' || code === 'ERR_RONDO_HUB_NO_HANDLER';
      if (!isEarly) throw cause;
      if (performance.now() > deadline) {
        const detail =
          'This process has no addon, and the primary does not count for it: it has the addon itself, uses no rondo, or is gone';
        throw new RondoError('ERR_RONDO_NATIVE_MISSING', detail, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

export const throughPrimary: RemoteShared = {
  counter: (name) => new RemoteCounter(name, ask),
  limiter: (options) => new RemoteLimiter(options, ask),
  map: (options) => new RemoteMap(options, ask),
};
