/**
 * `rondo/cluster`: node:cluster with its scheduling on rondo, for a program that would rather import
 * it than be started with a flag. Import it in the primary and in the workers.
 *
 * @packageDocumentation
 */

import cluster from 'node:cluster';
import { validateDispatcherOptions } from '../dispatcher/options.js';
import { RondoError } from '../errors.js';
import type { DispatcherOptions } from '../types/options.js';
import type { DispatcherStats } from '../types/stats.js';
import { optionsFromEnvironment } from './options.js';
import { patchCluster, patchedPrimary, replaceOptions } from './patch.js';

export * from 'node:cluster';
export { RondoError, type RondoErrorCode } from '../errors.js';
export type { DispatcherOptions } from '../types/options.js';
export type { PickFunction, Policy, PolicyName } from '../types/policy.js';
export type { DispatcherStats } from '../types/stats.js';

const fromEnvironment = optionsFromEnvironment(process.env);
patchCluster(() => fromEnvironment);

export default cluster;

/**
 * The primary's options, in place of those from the environment. Before the first `fork()`; does
 * nothing in a worker.
 *
 * Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`, and `ERR_RONDO_ALREADY_FORKED`
 * if it comes too late.
 */
export function configure(options: DispatcherOptions): void {
  validateDispatcherOptions(options);
  if (cluster.isWorker || replaceOptions(options)) return;
  throw new RondoError('ERR_RONDO_ALREADY_FORKED', 'configure() comes after the first fork()');
}

/** What rondo has counted, or null before the first fork and in a worker. */
export function stats(): DispatcherStats | null {
  return patchedPrimary()?.dispatcher.stats() ?? null;
}

// What `require('rondo/cluster')` gives: node:cluster itself, of which a namespace has no `.on`.
for (const [name, value] of Object.entries({ configure, stats, RondoError })) {
  Object.defineProperty(cluster, name, { value, configurable: true, writable: true });
}

export { cluster as 'module.exports' };
