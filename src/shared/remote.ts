/**
 * The other implementation of the asynchronous methods, for processes without the addon. It is given checked options;
 * what it rejects with is the caller's.
 */

import { load } from '../lazy.js';
import type { AsyncCounter, AsyncLimiter, AsyncMap, LimiterOptions, MapOptions } from './types.js';

export interface RemoteShared {
  counter(name: string): AsyncCounter;
  limiter(options: Required<LimiterOptions>): AsyncLimiter;
  map(options: Required<MapOptions>): AsyncMap;
}

/** Of the requests to the primary. No event of a program is called that. */
export const SHARED_EVENT = 'rondo:shared';

let remote: RemoteShared | undefined;

/** What `.async` of processes without the addon is. Loaded with the first use, for it uses rondo/hub. */
export function pluggedIn(): RemoteShared {
  if (remote === undefined) {
    remote = load('shared/through-primary.js').throughPrimary;
  }
  return remote;
}
