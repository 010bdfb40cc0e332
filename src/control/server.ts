/**
 * The control socket: HTTP/1.1 with JSON over a Unix socket of the primary's. Here is the server, and who may ask how much of
 * it; what is answered is in reads.ts and changes.ts. It works on the primary's event loop, and connections are dealt by the engine's
 * thread: nothing here can hold them up.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { invalidOption, RondoError } from '../errors.js';
import type { PeerCredentials } from '../native/index.js';
import { checkKeys } from '../options.js';
import { markOwn } from '../own-sockets.js';
import { Supervisor } from '../supervisor/supervisor.js';
import type { ControlAction, ControlFigures } from './answers.js';
import type { ControlActions } from './changes.js';
import { EventLog } from './event-log.js';
import { ReloadRecord } from './last-reload.js';
import { credentialsOf } from './peers.js';
import { checkControlName, defaultName, makeControlDirectory, SUFFIX } from './place.js';
import { Routes } from './routes.js';
import { LiveError, listenAtFile } from './socket-file.js';

/** A request that has not come to its end by then is closed, and so is a client that sends none. */
const REQUEST_MS = 5_000;
const CHECK_MS = 1_000;
/** Those beyond are closed at once. */
const MOST_CONNECTIONS = 64;
/** Of one program, found by a number; then the pid is the number. */
const MOST_NUMBERS = 9;

/** Of a {@link ControlServer}. */
export interface ControlServerOptions {
  supervisor: Supervisor;
  /**
   * Where the socket is to be. Default: by the name in `$XDG_RUNTIME_DIR/rondo`, else in `/run/rondo`, else in `rondo-<uid>` of
   * the temporary directory; the first of them where this user may write and that is nobody else's.
   */
  path?: string;
  /**
   * By what it is found, in the default place: letters, digits, dots, dashes and underscores, 64 at most. Default: that of the program's file,
   * with a number behind if another process has it.
   */
  name?: string;
  /** What is done in place of the Supervisor's own methods. Default none. */
  actions?: Partial<ControlActions>;
  /** Is called when something is asked for, before it is done, and again with the error if it fails. */
  onAction?: (action: ControlAction) => void;
  /** The pid of a process whose place is taken, as it hands over to this one. Default none. @internal */
  replaces?: number;
  /** What `/v1/logs` and `/v1/events` show. Default: a log of its own, from when the server was made. @internal */
  log?: EventLog;
}

const KEYS: Record<keyof ControlServerOptions, true> = {
  supervisor: true,
  path: true,
  name: true,
  actions: true,
  onAction: true,
  replaces: true,
  log: true,
};

/**
 * Lets others of the same user, and root, see and change what a {@link Supervisor} does, by a {@link ControlClient}, by
 * `rondo status` and its like, or by `curl --unix-socket`.
 *
 * ```js
 * const control = new ControlServer({ supervisor, name: 'shop' });
 * console.log(await control.listen());
 * ```
 *
 * Does not keep the process running. The file of the socket is removed by `close()` and when the process ends.
 */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  readonly #routes: Routes;
  readonly #peers = new WeakMap<object, PeerCredentials | null>();
  readonly #figures: ControlFigures = {
    requests: 0,
    forbidden: 0,
    tooMany: 0,
    malformed: 0,
    unread: 0,
  };
  #name: string;
  /** `new` ▶ listen() ▶ `open` ▶ close(), or a listen() that fails ▶ `closed`; close() of a new one, too. */
  #state: 'new' | 'open' | 'closed' = 'new';
  #path: string | null = null;
  #removeFile: () => void = () => {};

  /** Listens nowhere yet. Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`. */
  constructor(options: ControlServerOptions) {
    checkKeys('options', options, KEYS);
    const { supervisor, path: file, name, actions = {}, onAction } = options;
    if (!(supervisor instanceof Supervisor)) {
      throw invalidOption('supervisor', 'a Supervisor', supervisor);
    }
    if (file !== undefined && (typeof file !== 'string' || file === '' || file.includes('\0'))) {
      throw invalidOption('path', 'a non-empty path', file);
    }
    if (name !== undefined) checkControlName(name);
    this.#options = options;
    this.#name = name ?? defaultName(supervisor.options.exec);
    this.#routes = new Routes({
      supervisor,
      actions,
      log: options.log ?? new EventLog(supervisor),
      reloads: new ReloadRecord(supervisor),
      name: () => this.#name,
      figures: () => this.#figures,
      count: (figure) => this.#figures[figure]++,
      onAction: onAction ?? (() => {}),
    });
    this.#server = this.#createServer();
  }

  /** By what it is found; another one than was wanted if that was in use. */
  get name(): string {
    return this.#name;
  }

  /** Where it listens; null before `listen()` and after `close()`. */
  get path(): string | null {
    return this.#path;
  }

  /**
   * Makes the socket, with mode 0600, and its directory. A socket that is there and at which nobody listens is replaced. Once;
   * resolves with the path.
   *
   * Rejects with `ERR_RONDO_CONTROL_PLACE` if another process listens there, which the message names, or if what is there is no
   * socket; it is left alone then. Also with a system error, or an Error if no default place can be used, and with
   * `ERR_RONDO_CLOSED` if it was called before, or is closed meanwhile.
   */
  async listen(): Promise<string> {
    if (this.#state !== 'new') throw closedError();
    this.#state = 'open';
    const { path: given } = this.#options;
    try {
      this.#path = given === undefined ? await this.#listenByName() : await this.#listenAt(given);
    } catch (error) {
      if (this.#isClosed) throw closedError();
      this.#state = 'closed';
      throw error;
    }
    if (!this.#isClosed) return this.#path;
    await this.close();
    throw closedError();
  }

  /** Closes the connections, and removes the file if it is still its own. A second call has no further effect. */
  close(): Promise<void> {
    this.#state = 'closed';
    this.#removeFile();
    this.#path = null;
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Another has its place already: those who wait for an answer get it, and nobody else comes. @internal */
  leave(): void {
    this.#state = 'closed';
    this.#path = null;
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** As `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  async #listenAt(file: string): Promise<string> {
    this.#removeFile = await listenAtFile(this.#server, file, this.#options.replaces);
    return path.resolve(file);
  }

  async #listenByName(): Promise<string> {
    const directory = makeControlDirectory();
    const base = this.#name;
    for (let number = 1; ; number++) {
      if (number > 1) this.#name = `${base}-${number > MOST_NUMBERS ? process.pid : number}`;
      try {
        return await this.#listenAt(path.join(directory, `${this.#name}${SUFFIX}`));
      } catch (error) {
        const isTaken = error instanceof LiveError && this.#options.name === undefined;
        if (!isTaken || number > MOST_NUMBERS) throw error;
      }
    }
  }

  #createServer(): Server {
    const limits = {
      requestTimeout: REQUEST_MS,
      headersTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
    };
    const server = markOwn(
      createServer(limits, (request, response) => this.#answer(request, response)),
    );
    server.maxConnections = MOST_CONNECTIONS;
    server.on('connection', (socket: Socket) => {
      markOwn(socket).unref();
      this.#peers.set(socket, credentialsOf(socket));
    });
    server.on('drop', () => this.#figures.tooMany++);
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#refuse(error.code, socket);
    });
    return server.unref();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#figures.requests++;
    void this.#routes.answer(request, response, this.#peers.get(request.socket) ?? null);
  }

  #refuse(code: string | undefined, socket: Duplex): void {
    if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    this.#figures.malformed++;
    const status = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
  }
}

function closedError(): RondoError {
  return new RondoError('ERR_RONDO_CLOSED', 'The control server has listened, or is closed');
}
