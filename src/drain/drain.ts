/**
 * The drain of a set of connections. In a worker the primary hands it nothing more, so its servers
 * need not close, and the program finds them as it left them.
 *
 *   begin ──▶ what may move goes to another worker, now or when its request is answered (moves/)
 *         ──▶ responses say close, GOAWAY where there are streams, 'rondo:drain'
 *         ──idleGraceMs──▶ what is idle is ended, whenever it becomes so, and closes with its client
 *                          or after that grace (ended.ts)
 *         ──requests are answered, or handlerTimeoutMs──▶ onAnswered
 *         ──nothing is open──▶ onEnd        ──drainTimeoutMs──▶ the rest is destroyed ──▶ onEnd
 */

import type { Socket } from 'node:net';
import { channels } from '../channels.js';
import { mayMove } from '../moves/http-idle.js';
import type { HttpSocket } from '../moves/http-socket.js';
import { moveIdle } from '../moves/move.js';
import { canGiveBack, GIVER, isAllSent } from '../worker/release.js';
import type { ConnectionSet, ConnectionsWatcher } from './connections.js';
import { Ended } from './ended.js';
import { countPassedOn, isPassedOn } from './handles.js';
import { closeAfterResponses, idleSockets, mayHaveRequest, watchResponses } from './http.js';
import { closeSession, sessionMayHaveRequest } from './http2.js';
import type { DrainCounts, DrainSettings } from './types.js';

/** How often it is looked for what has become idle: a part of the grace, within bounds. */
const LOOKS_PER_GRACE = 5;
const LOOK_MS = { min: 10, max: 200 };
/**
 * Of thousands of connections a look takes milliseconds, and each that closes would lead to one: so many times as long is rested
 * after it, but not for longer than that. A look may take long only because the process was stopped meanwhile.
 */
const LOOKS_REST = 10;
const LONGEST_REST_MS = 1_000;

export interface DrainHost {
  /** Called once: no request is in flight, or those that are have had their time. */
  onAnswered?(): void;
  /** Called once: nothing is open. */
  onEnd(counts: DrainCounts): void;
}

interface Rest {
  since: number;
  bytesRead: number;
}

export class Drain implements ConnectionsWatcher {
  readonly #connections: ConnectionSet;
  readonly #settings: DrainSettings;
  readonly #host: DrainHost;
  readonly #startedAt = performance.now();
  /** Since when a connection has been idle. */
  readonly #rests = new WeakMap<Socket, Rest>();
  readonly #told = new WeakSet<Socket>();
  readonly #ended = new Ended();
  readonly #open: number;
  #idle = 0;
  #moved = 0;
  #destroyed = 0;
  #timeoutMs: number;
  #timeout: NodeJS.Timeout;
  readonly #handlerTimeout: NodeJS.Timeout;
  readonly #look: NodeJS.Timeout;
  readonly #undo: ReadonlyArray<() => void>;
  #isLooking = false;
  #restsUntil = 0;
  #rest: NodeJS.Timeout | null = null;
  #isAnswered = false;
  #isOver = false;

  /** Begins it. */
  constructor(connections: ConnectionSet, settings: DrainSettings, host: DrainHost) {
    this.#connections = connections;
    this.#settings = settings;
    this.#host = host;
    this.#dropPassedOn();
    this.#open = connections.sockets.size;
    this.#timeoutMs = settings.drainTimeoutMs;
    this.#timeout = setTimeout(() => this.#destroyAll(), this.#timeoutMs);
    const { handlerTimeoutMs } = settings;
    this.#handlerTimeout = setTimeout(() => this.#setAnswered(), handlerTimeoutMs);
    connections.watcher = this;
    const { sockets } = connections;
    const moves = settings.moves === true;
    this.#undo = [
      closeAfterResponses(sockets, (socket) => moves && goesOn(socket)),
      ...(moves ? [watchResponses(sockets, () => this.#lookSoon())] : []),
    ];
    this.#closeIdle();
    const lookMs = settings.idleGraceMs / LOOKS_PER_GRACE;
    this.#look = setInterval(
      () => this.#lookSoon(),
      Math.min(Math.max(lookMs, LOOK_MS.min), LOOK_MS.max),
    );
    this.#lookSoon();
  }

  /** Another drain of the same connections: the earlier end of the two counts. */
  hasten({ drainTimeoutMs }: Pick<DrainSettings, 'drainTimeoutMs'>): void {
    if (this.#isOver || drainTimeoutMs >= this.#timeoutMs) return;
    this.#timeoutMs = drainTimeoutMs;
    clearTimeout(this.#timeout);
    this.#timeout = setTimeout(() => this.#destroyAll(), this.#msLeft());
  }

  /** What it has come to by now. What is open is about to be destroyed, if `isAtEnd`. */
  counts(isAtEnd: boolean): DrainCounts {
    return {
      open: this.#open,
      idle: this.#idle,
      moved: this.#moved,
      destroyed: this.#destroyed + (isAtEnd ? this.#connections.sockets.size : 0),
      ms: Math.round(performance.now() - this.#startedAt),
    };
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** It was on its way when the drain began. */
  onOpen(socket: Socket): void {
    this.#tell(socket);
  }

  onClose(): void {
    this.#lookSoon();
  }

  /** Right after the loop has read from every socket that had something to read. */
  #lookSoon(): void {
    if (this.#isLooking || this.#isOver) return;
    const restMs = this.#restsUntil - performance.now();
    if (restMs > 0 && this.#connections.sockets.size > 0) {
      this.#rest ??= setTimeout(() => {
        this.#rest = null;
        this.#lookSoon();
      }, restMs);
      return;
    }
    this.#isLooking = true;
    setImmediate(() => {
      this.#isLooking = false;
      const startedAt = performance.now();
      this.#closeIdle();
      const now = performance.now();
      this.#restsUntil = now + Math.min(LOOKS_REST * (now - startedAt), LONGEST_REST_MS);
      // Calls the program's handlers, whose time is none of the look's.
      this.#checkAnswered();
      this.#checkEnd();
    });
  }

  #closeIdle(): void {
    if (this.#isOver) return;
    this.#dropPassedOn();
    const { sockets, sessions } = this.#connections;
    if (this.#settings.moves === true) {
      // Those that move leave the set.
      this.#moved += moveIdle([...sockets], GIVER, { isUnusedToo: true });
    }
    for (const session of sessions) closeSession(session, this.#settings.idleGraceMs);
    for (const socket of sockets) this.#tell(socket);
    this.#ended.destroyAfter(this.#settings.idleGraceMs);
    for (const socket of idleSockets(sockets)) {
      if (this.#ended.has(socket) || !this.#hasRested(socket)) continue;
      if (this.#ended.end(socket)) this.#idle++;
    }
  }

  #dropPassedOn(): void {
    const { sockets } = this.#connections;
    for (const socket of sockets) if (isPassedOn(socket)) sockets.delete(socket);
  }

  /** Whether it has been so for as long as the grace. Reading anything begins it anew. */
  #hasRested(socket: Socket): boolean {
    const { bytesRead } = socket;
    const now = performance.now();
    const rest = this.#rests.get(socket);
    if (rest?.bytesRead === bytesRead) return now - rest.since >= this.#settings.idleGraceMs;
    this.#rests.set(socket, { since: now, bytesRead });
    return false;
  }

  /** Once, as soon as somebody listens: a WebSocket's listener may come with its upgrade. */
  #tell(socket: Socket): void {
    if (this.#told.has(socket) || socket.listenerCount('rondo:drain') === 0) return;
    this.#told.add(socket);
    emitDrain(socket, this.#msLeft());
  }

  #msLeft(): number {
    return Math.max(0, this.#startedAt + this.#timeoutMs - performance.now());
  }

  #checkAnswered(): void {
    if (this.#isAnswered) return;
    const { sockets, sessions } = this.#connections;
    for (const socket of sockets) if (!this.#ended.has(socket) && mayHaveRequest(socket)) return;
    for (const session of sessions) if (sessionMayHaveRequest(session)) return;
    this.#setAnswered();
  }

  #setAnswered(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    clearTimeout(this.#handlerTimeout);
    this.#host.onAnswered?.();
  }

  #destroyAll(): void {
    const { sockets } = this.#connections;
    this.#destroyed += sockets.size;
    for (const socket of [...sockets]) socket.destroy();
    // Other processes' cannot be.
    setImmediate(() => this.#end());
  }

  #checkEnd(): void {
    if (this.#isOver || this.#connections.sockets.size > 0 || !isAllSent()) return;
    countPassedOn(this.#connections.servers, (count) => {
      if (count === 0 && this.#connections.sockets.size === 0) this.#end();
    });
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timeout);
    clearTimeout(this.#handlerTimeout);
    clearInterval(this.#look);
    if (this.#rest !== null) clearTimeout(this.#rest);
    for (const undo of this.#undo) undo();
    this.#connections.watcher = null;
    this.#host.onEnd(this.counts(false));
  }
}

/** As it is now: should that change before it is idle, it is closed after the grace. */
function goesOn(socket: HttpSocket): boolean {
  return canGiveBack(socket) && mayMove(socket);
}

/** On its own, so that a listener that throws stops nothing here. */
export function emitDrain(target: NodeJS.EventEmitter, timeoutMs: number): void {
  const info = { timeoutMs: Math.round(timeoutMs) };
  process.nextTick(() => {
    channels.drain.publish({ target, ...info });
    target.emit('rondo:drain', info);
  });
}
