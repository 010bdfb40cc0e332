/**
 * Where another implementation of the asynchronous methods is plugged in, for processes without the
 * addon. It gets checked values; what it rejects with is the caller's.
 */

import type { AsyncCounter, AsyncLimiter, AsyncMap, LimiterOptions, MapOptions } from './types.js';

export interface RemoteShared {
  counter(name: string): AsyncCounter;
  limiter(options: Required<LimiterOptions>): AsyncLimiter;
  map(options: Required<MapOptions>): AsyncMap;
}

let remote: RemoteShared | undefined;

/**
 * From now on `.async` of processes without the addon is this. Undefined: it rejects, as at first.
 */
export function plugIn(implementation: RemoteShared | undefined): void {
  remote = implementation;
}

export function pluggedIn(): RemoteShared | undefined {
  return remote;
}
