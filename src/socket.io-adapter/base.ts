/**
 * The package `socket.io-adapter` that the program's own `socket.io` uses: it is loaded when an adapter is made, and not
 * needed by who makes none.
 */

import path from 'node:path';
import type { ClusterAdapterWithHeartbeat, MessageType } from 'socket.io-adapter';
import { RondoError } from '../errors.js';
import { createRequire, OWN_URL } from '../lazy.js';

export interface BaseModule {
  ClusterAdapterWithHeartbeat: typeof ClusterAdapterWithHeartbeat;
  MessageType: typeof MessageType;
}

let loaded: BaseModule | null = null;

/** Throws `ERR_RONDO_PEER_MISSING`. */
export function loadBase(): BaseModule {
  loaded ??= load();
  return loaded;
}

function load(): BaseModule {
  const program = process.argv[1] ?? path.join(process.cwd(), 'program');
  let cause: unknown;
  // rondo may lie elsewhere than the program, and see other packages.
  for (const from of [program, path.join(process.cwd(), 'program'), OWN_URL]) {
    try {
      const { resolve } = createRequire(from);
      const base = createRequire(resolve('socket.io'))('socket.io-adapter') as Partial<BaseModule>;
      if (base.ClusterAdapterWithHeartbeat !== undefined) return base as BaseModule;
      cause = new Error('socket.io-adapter has no ClusterAdapterWithHeartbeat: 2.5.3 or later has');
    } catch (error) {
      cause ??= error;
    }
  }
  throw new RondoError(
    'ERR_RONDO_PEER_MISSING',
    'rondo/socket.io-adapter needs the package socket.io 4.7 or later, beside the program or rondo',
    { cause },
  );
}
