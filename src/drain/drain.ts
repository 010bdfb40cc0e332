/**
 * The worker's part of the drain ladder. The primary hands it nothing more, so its servers need not
 * close, and the program finds them as it left them.
 *
 *   begin ──▶ responses say close, GOAWAY where there are streams, 'rondo:drain'
 *         ──idleGraceMs──▶ what is idle closes, whenever it becomes so
 *         ──nothing is open──▶ end          ──drainTimeoutMs──▶ the rest is destroyed ──▶ end
 */

import type { Socket } from 'node:net';
import type { Connections, ConnectionsWatcher } from './connections.js';
import { closeAfterResponses, idleSockets } from './http.js';
import { closeSession } from './http2.js';
import { stopListening } from './listening.js';
import { hasPendingBytes } from './pending.js';
import type { DrainCounts, DrainSettings } from './types.js';

/** How often it is looked for what has become idle: a part of the grace, within bounds. */
const LOOKS_PER_GRACE = 5;
const LOOK_MS = { min: 10, max: 200 };

interface Rest {
  since: number;
  bytesRead: number;
}

export class Drain implements ConnectionsWatcher {
  readonly #connections: Connections;
  readonly #settings: DrainSettings;
  readonly #onEnd: (counts: DrainCounts) => void;
  readonly #startedAt = performance.now();
  /** Since when a connection has been idle, or an HTTP/2 session has been watched. */
  readonly #rests = new WeakMap<object, Rest>();
  readonly #told = new WeakSet<Socket>();
  readonly #open: number;
  #idle = 0;
  #destroyed = 0;
  #timeoutMs: number;
  #timeout: NodeJS.Timeout;
  readonly #look: NodeJS.Timeout;
  #isOver = false;

  /** Begins it. `onEnd` is called once, when nothing is open. */
  constructor(
    connections: Connections,
    settings: DrainSettings,
    onEnd: (counts: DrainCounts) => void,
  ) {
    this.#connections = connections;
    this.#settings = settings;
    this.#onEnd = onEnd;
    this.#open = connections.sockets.size;
    this.#timeoutMs = settings.drainTimeoutMs;
    this.#timeout = setTimeout(() => this.#destroyAll(), this.#timeoutMs);
    connections.watcher = this;
    stopListening(connections.servers);
    closeAfterResponses(connections.sockets);
    emitSoon(process, this.#timeoutMs);
    this.#closeIdle();
    const lookMs = settings.idleGraceMs / LOOKS_PER_GRACE;
    this.#look = setInterval(
      // Right after the loop has read from every socket that had something to read.
      () => setImmediate(() => this.#closeIdle()),
      Math.min(Math.max(lookMs, LOOK_MS.min), LOOK_MS.max),
    );
    if (this.#open === 0) this.onEmpty();
  }

  /** Another drain of the same process: the earlier end of the two counts. */
  hasten({ drainTimeoutMs }: DrainSettings): void {
    if (this.#isOver || drainTimeoutMs >= this.#timeoutMs) return;
    this.#timeoutMs = drainTimeoutMs;
    clearTimeout(this.#timeout);
    const left = Math.max(0, this.#startedAt + drainTimeoutMs - performance.now());
    this.#timeout = setTimeout(() => this.#destroyAll(), left);
  }

  /** It was on its way when the drain began. */
  onOpen(socket: Socket): void {
    this.#tell(socket);
  }

  onEmpty(): void {
    // What has arrived in the same turn is still to be emitted.
    setImmediate(() => {
      if (this.#connections.sockets.size === 0) this.#end();
    });
  }

  #closeIdle(): void {
    if (this.#isOver) return;
    const { sockets, sessions } = this.#connections;
    for (const session of sessions) closeSession(session, this.#hasRested(session, 0));
    for (const socket of sockets) this.#tell(socket);
    for (const socket of idleSockets(sockets)) {
      if (!this.#hasRested(socket, socket.bytesRead) || hasPendingBytes(socket)) continue;
      this.#idle++;
      socket.destroy();
    }
  }

  /** Whether it has been so for as long as the grace. Reading anything begins it anew. */
  #hasRested(subject: object, bytesRead: number): boolean {
    const now = performance.now();
    const rest = this.#rests.get(subject);
    if (rest?.bytesRead === bytesRead) return now - rest.since >= this.#settings.idleGraceMs;
    this.#rests.set(subject, { since: now, bytesRead });
    return false;
  }

  /** Once, as soon as somebody listens: a WebSocket's listener may come with its upgrade. */
  #tell(socket: Socket): void {
    if (this.#told.has(socket) || socket.listenerCount('rondo:drain') === 0) return;
    this.#told.add(socket);
    emitSoon(socket, Math.max(0, this.#startedAt + this.#timeoutMs - performance.now()));
  }

  #destroyAll(): void {
    const { sockets } = this.#connections;
    this.#destroyed += sockets.size;
    for (const socket of [...sockets]) socket.destroy();
    this.onEmpty();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timeout);
    clearInterval(this.#look);
    this.#onEnd({
      open: this.#open,
      idle: this.#idle,
      destroyed: this.#destroyed,
      ms: Math.round(performance.now() - this.#startedAt),
    });
  }
}

/** On its own, so that a listener that throws stops nothing here. */
function emitSoon(target: NodeJS.EventEmitter, timeoutMs: number): void {
  process.nextTick(() => target.emit('rondo:drain', { timeoutMs: Math.round(timeoutMs) }));
}
