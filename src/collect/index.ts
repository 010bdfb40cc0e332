/**
 * `rondo/collect`: registries of prom-client that the primary's `/metrics` is to have, merged over all workers. One that is
 * prom-client's default registry, and was loaded as CommonJS or imported, needs no call.
 *
 * @module rondo/collect
 */

import { nameRegistry, type Registry } from './registries.js';
import { isTelling } from './tell-last.js';
import { startTelling } from './worker.js';

export { RondoError, type RondoErrorCode } from '../errors.js';
export type { Registry } from './registries.js';

/**
 * Adds a registry of this worker to what `/metrics` of its primary shows. Of metrics of one name in several
 * registries the first one counts. A second call with the same registry has no effect.
 *
 * Returns whether the primary collects metrics: false where there is none, as without `--metrics` or
 * `RONDO_METRICS`, and in a process that is no worker of it. Throws `ERR_RONDO_INVALID_OPTION` if it is no registry.
 */
export function collect(registry: Registry): boolean {
  nameRegistry(registry);
  // Not yet in a process that is forked by a Dispatcher's user.
  startTelling();
  return isTelling();
}
