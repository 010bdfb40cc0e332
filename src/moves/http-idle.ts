/**
 * Which connections of HTTP servers may go to another worker, and when: between two requests, with nothing read
 * of the next and nothing left to write. TLS, HTTP/2 and upgraded connections never do.
 */

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { isHeld } from './held.js';
import { type HttpSocket, IdleParsers } from './http-socket.js';

/** libuv's stream below a socket; the same in Node 20 to 26. */
interface Handle {
  /** How much the kernel has not taken yet. */
  writeQueueSize?: number;
}

/** Node's timer behind `socket.setTimeout()`, in milliseconds of the loop's clock. */
interface Timer {
  _idleStart: number;
}

/**
 * Whether it can go when it is idle, as far as that is known now. Not where another process could not keep
 * what this one promises: `maxRequestsPerSocket`, and a 'timeout' listener of the server's.
 */
export function mayMove(socket: HttpSocket): boolean {
  const { server, parser } = socket;
  return (
    parser != null &&
    server !== undefined &&
    socket._server === server &&
    isPlainHttp(server) &&
    !(Number(server.maxRequestsPerSocket) > 0) &&
    server.listenerCount('timeout') === 0 &&
    !isHeld(socket)
  );
}

/** One that never was used is idle, too, if `isUnusedToo`. */
export function isIdle(
  socket: HttpSocket,
  parsers = new IdleParsers(),
  isUnusedToo = false,
): boolean {
  const { server, parser } = socket;
  if (parser == null || server === undefined || socket._httpMessage != null) return false;
  if (socket._paused === true || socket.isPaused() || parser.incoming !== null) return false;
  if (!isQuiet(socket)) return false;
  if (socket.bytesRead === 0) return isUnusedToo;
  return parsers.of(server)?.has(parser) === true;
}

/** Open at both ends, with no bytes in this process that were read and not used, or wait to be written. */
export function isQuiet(socket: Socket): boolean {
  const { _handle: handle } = socket as Socket & { _handle: Handle | null };
  return (
    handle !== null &&
    !socket.destroyed &&
    !socket.connecting &&
    socket.writable &&
    !socket.readableEnded &&
    socket.readableLength === 0 &&
    socket.writableLength === 0 &&
    handle.writeQueueSize === 0
  );
}

/**
 * After how many milliseconds this process would close it; 0: never. For many connections of a moment: the
 * clock is read once.
 */
export class TimeLeft {
  #now: number | null = null;

  of(socket: HttpSocket): number {
    // Node closes one that never sent anything by these, which the next worker cannot know.
    const timeout = socket.bytesRead === 0 ? unusedTimeout(socket.server) : (socket.timeout ?? 0);
    if (timeout <= 0) return 0;
    const timer = timerOf(socket);
    if (timer === null) return timeout;
    this.#now ??= loopNow();
    return Math.max(1, Math.ceil(timeout - (this.#now - timer._idleStart)));
  }
}

function unusedTimeout(server: Server | undefined): number {
  const times = [server?.headersTimeout, server?.requestTimeout].filter((one) => Number(one) > 0);
  return times.length === 0 ? 0 : Math.min(...(times as number[]));
}

function timerOf(socket: HttpSocket): Timer | null {
  if (socket.bytesRead === 0) return null;
  const symbol = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'timeout',
  );
  const timer = symbol && (socket as unknown as Record<symbol, Timer | null>)[symbol];
  return timer ?? null;
}

/** Of the clock that timers go by; a new one says. */
function loopNow(): number {
  const timer = setTimeout(() => {}, 1);
  clearTimeout(timer);
  return (timer as unknown as Timer)._idleStart;
}

function isPlainHttp(server: object): boolean {
  return server instanceof process.getBuiltinModule('node:http').Server;
}
