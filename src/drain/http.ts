/**
 * What a drain does to HTTP/1 connections: their responses say `Connection: close`, which Node then
 * does, and those that wait for a request are found.
 */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type HttpSocket, IdleParsers } from '../moves/http-socket.js';

/** What Node writes a response's headers with; the same in Node 20 to 26. */
type Response = ServerResponse & {
  _storeHeader(firstLine: string, headers: unknown): void;
  /** The text of the headers. */
  _header: string | null;
  /** Whether the connection closes with the response. */
  _last: boolean;
};

/** The last response of each connection, whose connection it closes. */
const last = new WeakMap<Socket, Response>();

/**
 * Those that are in flight on these sockets, as far as their headers are not sent, and all further ones
 * on them, until the function that it returns is called. The set may change. Not those of which `isSpared`.
 */
export function closeAfterResponses(
  sockets: ReadonlySet<HttpSocket>,
  isSpared: (socket: HttpSocket) => boolean = () => false,
): () => void {
  for (const socket of sockets) {
    if (isSpared(socket)) continue;
    const response = socket._httpMessage;
    // With more requests in the pipeline it is not the last. What becomes idle is closed as idle.
    if (response != null && socket.parser?.incoming === response.req) {
      close(socket, response as Response);
    }
  }
  const onRequest = (message: unknown): void => {
    const { socket, response } = message as { socket: Socket; response: Response };
    if (sockets.has(socket) && !isSpared(socket)) close(socket, response);
  };
  subscribe('http.server.request.start', onRequest);
  return () => unsubscribe('http.server.request.start', onRequest);
}

/** Calls back when a response on one of them has been sent, until the function that it returns is called. */
export function watchResponses(sockets: ReadonlySet<Socket>, onSent: () => void): () => void {
  const onFinish = (message: unknown): void => {
    if (sockets.has((message as { socket: Socket }).socket)) onSent();
  };
  subscribe('http.server.response.finish', onFinish);
  return () => unsubscribe('http.server.response.finish', onFinish);
}

function close(socket: Socket, response: Response): void {
  // A connection that closes with a response loses the requests behind it in the pipeline.
  const before = last.get(socket);
  if (before !== undefined && !before.headersSent) before.shouldKeepAlive = true;
  last.set(socket, response);
  if (response.headersSent) return;
  response.shouldKeepAlive = false;
  // By a header of its own, such as http-proxy sets, the program decides, whatever is said above.
  const store = response._storeHeader;
  response._storeHeader = (firstLine, headers) => {
    store.call(response, firstLine, headers);
    if (last.get(socket) === response) sayClose(response);
  };
}

/** However the program has set it: setHeader(), or writeHead() with an object or an array. */
function sayClose(response: Response): void {
  const header = response._header ?? '';
  const said = /\r\nconnection:[ \t]*([^\r]*)/i.exec(header);
  if (response.statusCode === 101 || said === null || /\bupgrade\b/i.test(said[1] ?? '')) return;
  response._header = header
    .replace(/\r\nconnection:[^\r]*/i, '\r\nConnection: close')
    .replace(/\r\nkeep-alive:[^\r]*/i, '');
  response.shouldKeepAlive = false;
  response._last = true;
}

/** Whether a request is in flight, or may be on its way: neither upgraded nor an event stream. */
export function mayHaveRequest(socket: HttpSocket): boolean {
  const { parser, server, _httpMessage: response } = socket;
  if (parser == null) return socket.bytesRead === 0 && isTlsServer(server);
  return response == null || !isEventStream(response as Response);
}

function isEventStream(response: Response): boolean {
  return /\r\ncontent-type:[ \t]*text\/event-stream/i.test(response._header ?? '');
}

/**
 * Those without a request, be it begun, in work or being answered. One that never sent a byte is
 * among them, and so is one to a TLS server before it says hello.
 */
export function idleSockets(sockets: Iterable<HttpSocket>): HttpSocket[] {
  const parsers = new IdleParsers();
  const idle: HttpSocket[] = [];
  for (const socket of sockets) {
    const { parser, server } = socket;
    if (parser == null) {
      if (socket.bytesRead === 0 && isTlsServer(server)) idle.push(socket);
      continue;
    }
    if (server === undefined || socket._httpMessage != null) continue;
    const isWaiting = parsers.of(server)?.has(parser) ?? parser.incoming === null;
    if (socket.bytesRead === 0 || isWaiting) idle.push(socket);
  }
  return idle;
}

function isTlsServer(server: object | undefined): boolean {
  return server !== undefined && 'setSecureContext' in server;
}
