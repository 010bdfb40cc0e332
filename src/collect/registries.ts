/**
 * The prom-client registries of this process: those that the program has named, and the one of each prom-client
 * that it has loaded. None is loaded for that.
 */

import { invalidOption } from '../errors.js';
import { nodeRequire } from '../lazy.js';

/** What is used of prom-client's `Registry`. */
export interface Registry {
  /** As prom-client's own cluster support asks a worker. */
  getMetricsAsJSON(): Promise<unknown[]> | unknown[];
}

/** On the process, because two copies of rondo may be in it. */
const NAMED = Symbol.for('rondo.collect.registries');
type Named = { [NAMED]?: Set<Registry> };

const PROM_CLIENT = /[\\/]prom-client[\\/]index\.js$/;

/** Throws `ERR_RONDO_INVALID_OPTION`. */
export function nameRegistry(registry: Registry): void {
  if (typeof (registry as Partial<Registry> | null)?.getMetricsAsJSON !== 'function') {
    throw invalidOption('registry', 'a Registry of prom-client', registry);
  }
  const named = process as Named;
  if (named[NAMED] === undefined) Object.defineProperty(named, NAMED, { value: new Set() });
  named[NAMED]?.add(registry);
}

export function registries(): Set<Registry> {
  const all = new Set((process as Named)[NAMED] ?? []);
  for (const [file, module] of Object.entries(nodeRequire.cache)) {
    if (module === undefined || !PROM_CLIENT.test(file)) continue;
    const registry = (module.exports as { register?: Registry } | undefined)?.register;
    if (typeof registry?.getMetricsAsJSON === 'function') all.add(registry);
  }
  return all;
}
