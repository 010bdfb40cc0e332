/** Sockets that have been sent to a child process of this one, by `child.send(message, socket)`. */

import type { Server, Socket } from 'node:net';

/** Of Node 20 to 26, undocumented. */
type SocketInternals = Socket & { _handle: object | null };
type ServerInternals = Server & {
  _connections?: number;
  _usingWorkers?: boolean;
  _workers?: readonly unknown[];
};

/** This process does not have it any more, and it will not emit 'close'. */
export function isPassedOn(socket: Socket): boolean {
  return (socket as SocketInternals)._handle === null && !socket.destroyed && !socket.connecting;
}

/** It does not listen, and has no connections, here or in child processes. */
export function isClosed(server: ServerInternals): boolean {
  return !server.listening && !server._connections && !hasChildren(server);
}

/** Of a server whose children have all ended `getConnections()` would never tell. */
function hasChildren(server: ServerInternals): boolean {
  return server._usingWorkers === true && server._workers?.length !== 0;
}

/** How many connections of these servers child processes have, which Node asks them. */
export function countPassedOn(servers: Iterable<Server>, then: (count: number) => void): void {
  const asked = [...servers].filter(hasChildren);
  if (asked.length === 0) return then(0);
  let waiting = asked.length;
  let sum = 0;
  for (const server of asked) {
    server.getConnections((error, count) => {
      if (error === null) sum += count;
      waiting--;
      if (waiting === 0) then(sum);
    });
  }
}
