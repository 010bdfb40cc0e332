/**
 * What a drain does to an HTTP/2 session: its client is told to open no more streams, and those that it has
 * opened are finished.
 *
 *   open ──notice──▶ told ──PING answered──▶ closed
 *     └── a stream, within TLS ──▶ used ──▲
 *
 * By RFC 9113, 6.8, the first GOAWAY is a notice that refuses nothing, and the last one has the last stream.
 * Node can send a first one, but after any GOAWAY that nghttp2 knows of it ignores each new stream. So the
 * notice is written here, between two frames of the session, where that has a TCP or Unix socket of its
 * own. Into TLS nothing can be written beside the session. There the only GOAWAY is sent while the client
 * waits for an answer, or after the grace.
 */

import { writeSync } from 'node:fs';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { before } from '../hidden-listeners.js';
import { hasPendingBytes } from './pending.js';

/** GOAWAY on stream 0, with the largest last stream there can be, and NO_ERROR. */
const NOTICE = Buffer.from('0000080700000000007fffffff00000000', 'hex');

/** What Node keeps at a session, undocumented; the same in Node 20 to 26. */
interface State {
  streams: Map<number, unknown>;
}

/** libuv's stream below a session, undocumented; the same in Node 20 to 26. */
interface StreamHandle {
  fd?: number;
  /** How much the kernel has not taken yet. */
  writeQueueSize?: number;
}

const ends = new WeakMap<ServerHttp2Session, SessionEnd>();

/** To be called again and again until it is closed. */
export function closeSession(session: ServerHttp2Session, graceMs: number): void {
  let end = ends.get(session);
  if (end === undefined) {
    end = new SessionEnd(session, graceMs);
    ends.set(session, end);
  }
  end.look();
}

class SessionEnd {
  readonly #session: ServerHttp2Session;
  readonly #graceMs: number;
  #state: 'open' | 'told' | 'used' = 'open';
  /** Since when it has been watched, or told. */
  #since = performance.now();

  constructor(session: ServerHttp2Session, graceMs: number) {
    this.#session = session;
    this.#graceMs = graceMs;
    if (!session.encrypted) return;
    if (hasStreams(session)) this.#state = 'used';
    before(session, 'stream', () => {
      this.#state = 'used';
      // Not before all streams that have come with this one are known.
      setImmediate(() => this.look());
    });
  }

  look(): void {
    const session = this.#session;
    if (session.closed || session.destroyed) return;
    if (this.#state === 'open' && !session.encrypted && writeNotice(session))
      return this.#setTold();
    // Of a client that has been told: it answers no PING.
    const isOver = performance.now() - this.#since >= this.#graceMs;
    // What is here already is read first.
    if ((isOver || this.#state === 'used') && !hasPendingBytes(session.socket)) session.close();
  }

  #setTold(): void {
    this.#state = 'told';
    this.#since = performance.now();
    // Nothing else is to be done for one that had to be destroyed.
    if (this.#session.destroyed) return;
    this.#session.ping(() => {
      // What the client sent before it knew has come before the answer, or it never will.
      this.#session.close();
    });
  }
}

/** False: it cannot be now, or never can. */
function writeNotice(session: ServerHttp2Session): boolean {
  const { socket } = session;
  const { fd = -1, writeQueueSize } = handleOf(socket);
  // All that the session has written, whole frames and its first one, is with the kernel: another can follow.
  if (fd < 0 || writeQueueSize !== 0 || socket.bytesWritten === 0) return false;
  try {
    // A part of so few bytes no kernel takes; after one the frames could not be told apart.
    if (writeSync(fd, NOTICE) < NOTICE.length) session.destroy();
    return true;
  } catch {
    return false;
  }
}

function handleOf(socket: object): StreamHandle {
  return (socket as { _handle?: StreamHandle | null })._handle ?? {};
}

/** Whether a request is in flight, or may be on its way: event streams alone are none. */
export function sessionMayHaveRequest(session: ServerHttp2Session): boolean {
  if (session.destroyed) return false;
  const streams = [...streamsOf(session)] as ServerHttp2Stream[];
  return streams.length === 0 || !streams.every(isEventStream);
}

function isEventStream({ sentHeaders }: ServerHttp2Stream): boolean {
  return String(sentHeaders?.['content-type'] ?? '').startsWith('text/event-stream');
}

function hasStreams(session: ServerHttp2Session): boolean {
  return [...streamsOf(session)].length > 0;
}

function streamsOf(session: ServerHttp2Session): Iterable<unknown> {
  const symbol = Object.getOwnPropertySymbols(session).find(
    ({ description }) => description === 'state',
  );
  const state = symbol && (session as unknown as Record<symbol, Partial<State> | null>)[symbol];
  return state?.streams?.values() ?? [];
}
