/** `rondo:connection`: tells of a connection when the program has it. Loaded with the first one that somebody listens for. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { channels } from '../channels.js';

/** Node's own, which it publishes when a server has emitted 'connection'. */
const NODES = 'net.server.socket';

/** `serve` hands the connection to its server. `latencyMs`: null if it is not known. */
export function serveTold(listener: number, latencyMs: number | null, serve: () => void): void {
  let socket: Socket | null = null;
  const onSocket = (message: unknown): void => {
    socket ??= (message as { socket: Socket }).socket;
  };
  subscribe(NODES, onSocket);
  try {
    serve();
  } finally {
    unsubscribe(NODES, onSocket);
  }
  // A server that has come to its maxConnections closes it itself.
  if (socket !== null) channels.connection.publish({ socket, listener, latencyMs });
}
