/** The server of `--metrics`, for those who embed, too: which paths it has, and where each comes from. */

import type { AddressInfo } from 'node:net';
import { Dispatcher } from '../dispatcher/dispatcher.js';
import { invalidOption } from '../errors.js';
import { checkInteger, checkKeys, type Keys } from '../options.js';
import { Supervisor } from '../supervisor/supervisor.js';
import type { MetricSource } from './exposition.js';
import { liveHandler, readyHandler } from './probes.js';
import { scrapeHandler } from './scrape.js';
import { type Handler, RouteServer } from './server.js';
import { sourceOf } from './text.js';

const LOOPBACK = '127.0.0.1';

/** Options of a {@link MetricsServer}: of what, and where. */
export interface MetricsServerOptions {
  /** Whose figures are shown. Either this or `dispatcher`. */
  supervisor?: Supervisor;
  /** The same of a program that has a Dispatcher alone; without `/live` and `/ready`. */
  dispatcher?: Dispatcher;
  /** 0 to 65,535; 0 lets the kernel choose. */
  port: number;
  /** A host name or IP address. Default `'127.0.0.1'`: figures are nobody's business outside. */
  host?: string;
  /** Whose metrics follow rondo's in each scrape, in this order. Default none. */
  sources?: readonly MetricSource[];
  /** More paths, each with what answers GET and HEAD there; in place of those that there are. Default none. */
  routes?: ReadonlyMap<string, Handler>;
}

const KEYS: Keys<MetricsServerOptions> = {
  supervisor: true,
  dispatcher: true,
  port: true,
  host: true,
  sources: true,
  routes: true,
};

/**
 * An HTTP server in the primary that tells what a Supervisor, or a Dispatcher, is doing: `/metrics` for
 * Prometheus, `/live` and `/ready` for those who restart and route.
 *
 * ```js
 * const metrics = new MetricsServer({ supervisor, port: 9100 });
 * await metrics.listen();
 * ```
 *
 * Answered from shared memory and the primary's own state: no worker is asked, so one that is stuck or
 * stopped holds up nothing. It does not keep the process running. At most 128 clients are served at once;
 * one that sends half a request, or does not read, is closed after 10 seconds at the latest.
 */
export class MetricsServer {
  readonly #server: RouteServer;

  /** Listens nowhere yet. Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`. */
  constructor(options: MetricsServerOptions) {
    checkKeys('options', options, KEYS);
    const { supervisor, dispatcher, port, host = LOOPBACK, sources = [], routes } = options;
    checkInteger('port', port, 0, 65_535);
    if (typeof host !== 'string' || host === '') throw invalidOption('host', 'a host name', host);
    const subject = subjectOf(supervisor, dispatcher);
    const all: MetricSource[] = [sourceOf(subject), ...sources];
    this.#server = new RouteServer({
      host,
      port,
      routes: new Map([
        ['/metrics', scrapeHandler(all)],
        ...(supervisor === undefined ? [] : probesOf(supervisor)),
        ...(routes ?? []),
      ]),
    });
  }

  /**
   * Resolves with where it listens. Rejects with the error of `net.Server`: `EADDRINUSE`, `EACCES`,
   * `ENOTFOUND`, …
   */
  listen(): Promise<AddressInfo> {
    return this.#server.listen();
  }

  /** On a socket that listens, of another process. @internal */
  listenOn(fd: number | null): Promise<AddressInfo> {
    return this.#server.listen(fd);
  }

  /** @internal */
  get fd(): number {
    return this.#server.fd;
  }

  /** Closes it and its clients. Resolves when the port is free. A second call has no further effect. */
  close(): Promise<void> {
    return this.#server.close();
  }

  /** As `close()`, at the end of a block with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function probesOf(supervisor: Supervisor): Array<[string, Handler]> {
  return [
    ['/live', liveHandler(supervisor)],
    ['/ready', readyHandler(supervisor)],
  ];
}

function subjectOf(
  supervisor: Supervisor | undefined,
  dispatcher: Dispatcher | undefined,
): Supervisor | Dispatcher {
  if (supervisor !== undefined && !(supervisor instanceof Supervisor)) {
    throw invalidOption('supervisor', 'a Supervisor', supervisor);
  }
  if (dispatcher !== undefined && !(dispatcher instanceof Dispatcher)) {
    throw invalidOption('dispatcher', 'a Dispatcher', dispatcher);
  }
  if (supervisor !== undefined && dispatcher !== undefined) {
    throw invalidOption('dispatcher', "left out beside 'supervisor'", dispatcher);
  }
  const subject = supervisor ?? dispatcher;
  if (subject === undefined) throw invalidOption('supervisor', 'a Supervisor', undefined);
  return subject;
}
