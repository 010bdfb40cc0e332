/**
 * The page at `/` of the metrics server, live by server-sent events at `/events`. One snapshot for each interval
 * serves all who watch, and none is taken while nobody does. Only the primary's own loop does this: no worker
 * is asked, and the engine's thread deals on beside it.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { ratesBetween } from '../../control/rates.js';
import { takeSnapshot } from '../../control/snapshot.js';
import type { Snapshot } from '../../control/types.js';
import type { Supervisor } from '../../supervisor/supervisor.js';
import { end, type Handler } from '../server.js';
import { checkPage, pageDocument } from './document.js';
import { Happenings } from './happenings.js';
import { LatencyWindow } from './latency-window.js';
import { Lives } from './lives.js';
import { ReloadWatch } from './reload-progress.js';
import { handOffTimes, viewOf } from './view.js';
import { Viewers } from './viewers.js';
import type { Hello, Tick } from './wire.js';

const INTERVAL_MS = 500;

/** What {@link pageHandlers} makes. */
export interface Page {
  /** `/` and `/events`, for the `routes` of a `MetricsServer`. */
  routes: ReadonlyMap<string, Handler>;
  /** Ends what the viewers are told, and forgets the past; a second call has no effect. */
  close(): void;
}

/**
 * The page on which a browser sees what a Supervisor does, live, and the events that it is told.
 *
 * ```js
 * const { routes } = pageHandlers(supervisor);
 * await new MetricsServer({ supervisor, port: 9100, routes }).listen();
 * ```
 *
 * From now on the lives of the workers of the last six minutes are kept, for those who open it late: call it before
 * `supervisor.start()`. The page changes nothing. 32 may watch at once; one more is answered with status 503.
 *
 * Throws `ERR_RONDO_BUNDLED` in a bundle that no rondo of the same version is installed beside: the page is a file.
 */
export function pageHandlers(supervisor: Supervisor): Page {
  checkPage();
  const live = new Live(supervisor);
  return {
    routes: new Map<string, Handler>([
      ['/', showPage],
      ['/events', (request, response) => live.answer(request, response)],
    ]),
    close: () => live.close(),
  };
}

function showPage(request: IncomingMessage, response: ServerResponse): void {
  const { html, headers } = pageDocument();
  response.writeHead(200, headers);
  response.end(request.method === 'HEAD' ? undefined : html);
}

class Live {
  readonly #supervisor: Supervisor;
  readonly #lives: Lives;
  readonly #happenings: Happenings;
  readonly #reload: ReloadWatch;
  readonly #viewers = new Viewers(() => this.#pause());
  #timer: NodeJS.Timeout | null = null;
  #last: Snapshot | null = null;
  #latency = new LatencyWindow();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    this.#lives = new Lives(supervisor);
    this.#happenings = new Happenings(supervisor);
    this.#reload = new ReloadWatch(supervisor);
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'HEAD') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
      response.end();
      return;
    }
    if (this.#viewers.isFull) return end(response, 503, 'The page is open too often\n');
    this.#viewers.add(response);
    const hello: Hello = {
      page: pageDocument().id,
      intervalMs: INTERVAL_MS,
      lives: this.#lives.all,
      happenings: [...this.#happenings.all],
    };
    this.#viewers.tellOne(response, 'hello', hello);
    if (this.#timer !== null) return;
    this.#timer = setInterval(() => this.#tick(), INTERVAL_MS).unref();
    this.#tick();
  }

  close(): void {
    this.#viewers.close();
    this.#pause();
    this.#lives.close();
    this.#happenings.close();
    this.#reload.close();
  }

  #tick(): void {
    const now = takeSnapshot(this.#supervisor);
    const rates = ratesBetween(this.#last, now);
    this.#last = now;
    const tick: Tick = {
      ...viewOf(now, rates),
      handOff: this.#latency.add(now.time, handOffTimes(now)),
      reload: this.#reload.progress,
      lives: this.#lives.takeChanged(),
      happenings: this.#happenings.takeNew(),
    };
    this.#viewers.tell('tick', tick);
  }

  #pause(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#last = null;
    this.#latency = new LatencyWindow();
  }
}
