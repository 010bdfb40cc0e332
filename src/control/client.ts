/**
 * The control socket of a running rondo, as methods. Each is one request on a connection of its own. The paths are in
 * routes.ts.
 */

import type { DealingChanges, StopSignal, UpgradeResult } from '../supervisor/types.js';
import type { ListenerChanges, SlotOptions } from '../types/options.js';
import type { ListenerStats } from '../types/stats.js';
import type { ControlIdentity, ControlStatus, LogRecord, OptionsInForce } from './answers.js';
import { ask, begin, linesOf } from './requests.js';
import type { SeatSnapshot } from './types.js';

/** Of a {@link ControlClient}. */
export interface ControlClientOptions {
  /** Where the control socket is. */
  path: string;
  /**
   * For how many milliseconds an answer to a question is waited for. Default 10,000. What is to be done, such as a reload,
   * takes as long as it takes.
   */
  timeoutMs?: number;
}

/**
 * Asks a running `rondo start`, or a {@link ControlServer}, and changes it.
 *
 * ```js
 * const client = new ControlClient({ path: '/run/rondo/app.sock' });
 * const { ready, workers } = await client.status();
 * await client.reload();
 * ```
 *
 * Every method rejects with `ERR_RONDO_CONTROL_GONE` if nobody answers there, or not in time;
 * `ERR_RONDO_CONTROL_REFUSED` if the other one will not, for instance because this is another user, or what it runs knows no such
 * request; and with the code that the Supervisor's method has, such as `ERR_RONDO_RELOAD_FAILED` with `seat` and
 * `lastOutput`, or `ERR_RONDO_INVALID_OPTION`.
 */
export class ControlClient {
  /** Where the control socket is. */
  readonly path: string;
  readonly #timeoutMs: number;

  constructor({ path, timeoutMs = 10_000 }: ControlClientOptions) {
    this.path = path;
    this.#timeoutMs = timeoutMs;
  }

  /** Who answers. */
  identity(): Promise<ControlIdentity> {
    return this.#get('/v1');
  }

  /** Everything that is known at the moment, read without asking a worker. */
  status(): Promise<ControlStatus> {
    return this.#get('/v1/status');
  }

  /** The seats with their workers. */
  workers(): Promise<SeatSnapshot[]> {
    return this.#get('/v1/workers');
  }

  /** What is open. */
  listeners(): Promise<ListenerStats[]> {
    return this.#get('/v1/listeners');
  }

  /** The options in force. */
  options(): Promise<OptionsInForce> {
    return this.#get('/v1/options');
  }

  /** The last lines of the log, the oldest first; at most 1,000 are kept. Default 100. */
  logs(last = 100): Promise<LogRecord[]> {
    return this.#get(`/v1/logs?last=${last}`);
  }

  /** Has the file of the log opened anew, as after it was moved. Rejects if there is none, or it cannot be opened. */
  reopenLog(): Promise<{ file: string }> {
    return this.#post('/v1/logs/reopen');
  }

  /**
   * The last lines of the log, and then each that comes, until `signal` is aborted or the other one ends, which ends it without
   * an error. A reader that does not read is closed by the other one, and misses what comes meanwhile.
   */
  async *events({
    last = 0,
    signal,
  }: {
    last?: number;
    signal?: AbortSignal;
  } = {}): AsyncGenerator<LogRecord, void, undefined> {
    const request = { path: this.path, method: 'GET', url: `/v1/events?last=${last}` } as const;
    const response = await begin({ ...request, timeoutMs: this.#timeoutMs, signal });
    for await (const line of linesOf(response)) yield JSON.parse(line) as LogRecord;
  }

  /** As `supervisor.reload()`. Resolves when it is done, with how long it took. */
  reload(): Promise<{ ms: number }> {
    return this.#post('/v1/reload');
  }

  /** As `supervisor.scale()`. */
  scale(workers: number): Promise<{ workers: number }> {
    return this.#post('/v1/scale', { workers });
  }

  /** As `supervisor.restart()`. */
  restart(seat: number): Promise<object> {
    return this.#post(`/v1/workers/${seat}/restart`);
  }

  /** As `supervisor.drain()`. */
  drain(seat: number, { force = false }: { force?: boolean } = {}): Promise<object> {
    return this.#post(`/v1/workers/${seat}/drain`, { force });
  }

  /** As `supervisor.configureSeat()`. */
  configureSeat(seat: number, changes: SlotOptions): Promise<object> {
    return this.#post(`/v1/workers/${seat}`, changes);
  }

  /** One listener by its id, name, address or port; all that are open without. */
  pause(listener?: string | number): Promise<{ listeners: string[] }> {
    return this.#post(listener === undefined ? '/v1/pause' : `${listenerUrl(listener)}/pause`);
  }

  /** As `pause()`. */
  resume(listener?: string | number): Promise<{ listeners: string[] }> {
    return this.#post(listener === undefined ? '/v1/resume' : `${listenerUrl(listener)}/resume`);
  }

  /** As `listener.configure()`, of one listener by its id, name, address or port. */
  configureListener(listener: string | number, changes: ListenerChanges): Promise<object> {
    return this.#post(listenerUrl(listener), changes);
  }

  /** As `supervisor.configure()`; a policy cannot be a function. */
  configure(changes: DealingChanges): Promise<object> {
    return this.#post('/v1/options', changes);
  }

  /** As `supervisor.stop()`. Resolves when it has stopped, or its process has ended. */
  async stop(signal: StopSignal = 'SIGTERM'): Promise<void> {
    const request = { path: this.path, method: 'POST', url: '/v1/stop', body: { signal } } as const;
    const response = await begin(request);
    try {
      for await (const _ of linesOf(response));
    } catch {
      // The process has ended, and with it the connection.
    }
  }

  /**
   * Another primary takes over, without a refused connection. Resolves when it has. Rejects with
   * `ERR_RONDO_CONTROL_REFUSED` where `supervisor.upgrade()` rejects.
   */
  upgrade(): Promise<UpgradeResult> {
    return this.#post<UpgradeResult>('/v1/upgrade');
  }

  #get<T>(url: string): Promise<T> {
    return ask<T>({ path: this.path, method: 'GET', url, timeoutMs: this.#timeoutMs });
  }

  #post<T>(url: string, body: object = {}): Promise<T> {
    return ask<T>({ path: this.path, method: 'POST', url, body });
  }
}

function listenerUrl(listener: string | number): string {
  return `/v1/listeners/${encodeURIComponent(listener)}`;
}
