/**
 * The primary's own HTTP server for those who watch it: metrics, probes and a page. What is answered is in a
 * file for each path; here is the server, and what a client may ask of it.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { markOwn } from '../own-sockets.js';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A client that sends its request slower than this, or nothing, is closed. */
const REQUEST_MS = 5_000;

/** One that does not read what it is sent, or sends nothing, for so long is closed. */
const IDLE_MS = 10_000;

/** Those beyond are closed at once; a scraper or two and some probes are a dozen. */
const MOST_CONNECTIONS = 128;

export interface RouteServerOptions {
  host: string;
  port: number;
  /** By the path, without a query. GET and HEAD only. */
  routes: ReadonlyMap<string, Handler>;
  /** How long a client may take for its request, and be silent. For tests. */
  requestMs?: number;
  idleMs?: number;
}

export class RouteServer {
  readonly #server: Server;
  readonly #options: RouteServerOptions;

  constructor(options: RouteServerOptions) {
    this.#options = options;
    const { requestMs = REQUEST_MS, idleMs = IDLE_MS } = options;
    const limits = {
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: Math.min(requestMs, 1_000),
    };
    this.#server = markOwn(
      createServer(limits, (request, response) => this.#answer(request, response)),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.timeout = idleMs;
    // Does not keep the process running.
    this.#server.unref();
  }

  /** Of its socket, while it listens. */
  get fd(): number {
    return (this.#server as Server & { _handle: { fd: number } })._handle.fd;
  }

  /** Resolves with where it listens; `fd` is a socket that does already. Rejects with the error of `net.Server`. */
  listen(fd: number | null = null): Promise<AddressInfo> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(fd === null ? { host, port } : { fd }, () => {
        this.#server.off('error', reject);
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  /** Resolves when the port is free. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { localAddress = '' } = request.socket;
    if (!mayBeAsked(request.headers.host, localAddress, this.#options.host)) {
      return end(response, 421, 'Ask by an IP address, or as localhost\n');
    }
    const path = (request.url ?? '/').split('?', 1)[0] as string;
    const handler = this.#options.routes.get(path);
    if (handler === undefined) return end(response, 404, `There is no ${path}\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return end(response, 405, `${path} is for GET and HEAD\n`);
    }
    handler(request, response);
  }
}

/**
 * On a loopback address a browser of this machine asks, too, for any page that it shows: one whose name was made to lead
 * here (DNS rebinding) is not to read it. Elsewhere names are what clients know the server by.
 */
function mayBeAsked(header: string | undefined, localAddress: string, host: string): boolean {
  const isLoopback = /^(?:127\.|::1$|::ffff:127\.)/.test(localAddress);
  if (!isLoopback || header === undefined) return true;
  const name = header.replace(/:\d*$/, '').toLowerCase();
  const isAddress = isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
  return (
    isAddress || name === 'localhost' || name.endsWith('.localhost') || name === host.toLowerCase()
  );
}

export function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(text);
}
