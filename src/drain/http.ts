/**
 * What a drain does to HTTP/1 connections: their responses say `Connection: close`, which Node then
 * does, and those that wait for a request are found.
 */

import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Parser {
  /** The request that was read last, if it is not answered. */
  incoming: IncomingMessage | null;
  socket: Socket | null;
}

/** What Node's HTTP server keeps at a socket, undocumented; the same in Node 20 to 26. */
export interface HttpSocket extends Socket {
  /** Null after an upgrade, and missing if HTTP/1 was never spoken. */
  parser?: Parser | null;
  /** The response that is being sent. */
  _httpMessage?: ServerResponse | null;
  server?: Server;
}

/** The list behind `server.closeIdleConnections()`. */
interface ConnectionsList {
  /** Parsers that have read a request to its end and nothing of the next. */
  idle(): Parser[];
}

/** The last response of each connection, whose connection it closes. */
const last = new WeakMap<Socket, ServerResponse>();

/** Those that are in flight, as far as their headers are not sent, and all further ones. */
export function closeAfterResponses(sockets: Iterable<HttpSocket>): void {
  for (const socket of sockets) {
    const response = socket._httpMessage;
    // With more requests in the pipeline it is not the last. What becomes idle is closed as idle.
    if (response != null && socket.parser?.incoming === response.req) close(socket, response);
  }
  subscribe('http.server.request.start', (message) => {
    const { socket, response } = message as { socket: Socket; response: ServerResponse };
    close(socket, response);
  });
}

function close(socket: Socket, response: ServerResponse): void {
  // A connection that closes with a response loses the requests behind it in the pipeline.
  const before = last.get(socket);
  if (before !== undefined && !before.headersSent) before.shouldKeepAlive = true;
  last.set(socket, response);
  if (!response.headersSent) response.shouldKeepAlive = false;
}

/**
 * Those without a request, be it begun, in work or being answered. One that never sent a byte is
 * among them, and so is one to a TLS server before it says hello.
 */
export function idleSockets(sockets: Iterable<HttpSocket>): HttpSocket[] {
  const lists = new Map<Server, Set<Parser> | null>();
  const idle: HttpSocket[] = [];
  for (const socket of sockets) {
    const { parser, server } = socket;
    if (parser == null) {
      if (socket.bytesRead === 0 && isTlsServer(server)) idle.push(socket);
      continue;
    }
    if (server === undefined || socket._httpMessage != null) continue;
    let waiting = lists.get(server);
    if (waiting === undefined) {
      waiting = idleParsers(server);
      lists.set(server, waiting);
    }
    const isWaiting = waiting?.has(parser) ?? parser.incoming === null;
    if (socket.bytesRead === 0 || isWaiting) idle.push(socket);
  }
  return idle;
}

/** Null where Node has no such list, and a request that has just begun cannot be told from none. */
function idleParsers(server: Server): Set<Parser> | null {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  );
  const list = symbol && (server as unknown as Record<symbol, ConnectionsList | null>)[symbol];
  return list ? new Set(list.idle()) : null;
}

function isTlsServer(server: object | undefined): boolean {
  return server !== undefined && 'setSecureContext' in server;
}
