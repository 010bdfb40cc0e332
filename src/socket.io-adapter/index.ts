/**
 * `rondo/socket.io-adapter`: what one worker says to clients and to other servers of Socket.IO reaches those of
 * all workers, by `rondo/hub`. Needs the packages `socket.io` and `socket.io-adapter`, which comes with it.
 *
 * @module rondo/socket.io-adapter
 */

import type { ClusterAdapterWithHeartbeat } from 'socket.io-adapter';
import { invalidOption } from '../errors.js';
import { checkKeys, type Keys } from '../options.js';
import { adapterClass } from './adapter.js';
import { loadBase } from './base.js';

export { sticky } from './sticky.js';

/** Options of {@link createAdapter}. */
export interface AdapterOptions {
  /**
   * Servers of one program that have different names do not exchange messages. At most 64 characters. Default
   * `''`.
   */
  name?: string;
}

const KEYS: Keys<AdapterOptions> = { name: true };

/**
 * For `io.adapter()`, in each worker; the primary needs nothing. Supported are broadcasts, to rooms, `except` and with
 * acknowledgements, `serverSideEmit()`, `fetchSockets()`, `socketsJoin()`, `socketsLeave()` and
 * `disconnectSockets()`; not connection state recovery.
 *
 * Throws `ERR_RONDO_PEER_MISSING`, `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`.
 */
export function createAdapter(
  options: AdapterOptions = {},
): (nsp: unknown) => ClusterAdapterWithHeartbeat {
  checkKeys('options', options, KEYS);
  const { name = '' } = options;
  if (typeof name !== 'string' || name.length > 64) {
    throw invalidOption('name', 'a string of at most 64 characters', name);
  }
  const HubAdapter = adapterClass(loadBase(), name);
  // `io.adapter()` calls it with `new`.
  return function createHubAdapter(nsp) {
    return new HubAdapter(nsp);
  };
}
