/**
 * What Node's HTTP/1 server keeps at its connections, undocumented, and how that tells that one waits for its
 * next request. The same in Node 20 to 26.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Parser {
  /** The request that was read last, if the program has not read it to its end. */
  incoming: IncomingMessage | null;
  socket: Socket | null;
}

export interface HttpSocket extends Socket {
  /** Null after an upgrade, and missing if HTTP/1 was never spoken. */
  parser?: Parser | null;
  /** The response that is being sent. */
  _httpMessage?: ServerResponse | null;
  /** Set while requests come faster than their responses are taken. */
  _paused?: boolean;
  /** Of whom the HTTP server has it: itself, or a server that has passed it on. */
  _server?: object | null;
  server?: Server;
}

/** The list behind `server.closeIdleConnections()`. */
interface ConnectionsList {
  /** Parsers that have read a request to its end and nothing of the next. */
  idle(): Parser[];
}

/** Null where Node has no such list, and a request that has just begun cannot be told from none. */
export function idleParsers(server: Server): Set<Parser> | null {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  );
  const list = symbol && (server as unknown as Record<symbol, ConnectionsList | null>)[symbol];
  return list ? new Set(list.idle()) : null;
}

/** As `idleParsers()`, for many connections of a moment: each server is asked once. */
export class IdleParsers {
  readonly #lists = new Map<Server, Set<Parser> | null>();

  /** Null as there. */
  of(server: Server): Set<Parser> | null {
    let list = this.#lists.get(server);
    if (list === undefined) {
      list = idleParsers(server);
      this.#lists.set(server, list);
    }
    return list;
  }
}
