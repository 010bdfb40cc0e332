/**
 * An HTTP server that is closed, by `server.close()` or `server.closeIdleConnections()`, while others serve on: its
 * idle connections go to them. Node closes what is left.
 */

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { idleParsers } from './http-socket.js';
import { type Giver, moveIdle } from './move.js';

type Closing = Pick<Server, 'closeIdleConnections'>;

/** `giver` is asked at each close, and null if nothing is to move then. */
export function moveAtClose(server: object, giver: () => Giver | null): void {
  // One with TLS has the method, too.
  if (!('closeIdleConnections' in server) || 'setSecureContext' in server) return;
  if (Object.hasOwn(server, 'closeIdleConnections')) return;
  const { closeIdleConnections: close } = server as Closing;
  Object.defineProperty(server, 'closeIdleConnections', {
    configurable: true,
    writable: true,
    // Not seen in a list of the properties.
    enumerable: false,
    value: function closeIdleConnections(this: Server): void {
      const its = giver();
      if (its !== null) moveIdle(idleSockets(this), its, { isUnusedToo: true });
      close.call(this);
    },
  });
}

function idleSockets(server: Server): Socket[] {
  const parsers = [...(idleParsers(server) ?? [])];
  return parsers.flatMap(({ socket }) => socket ?? []);
}
