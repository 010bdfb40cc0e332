/**
 * What a drain does to an HTTP/2 session: it closes as soon as it has a stream, so that the client
 * knows with the answer that nothing more is taken, or when it has been idle for the grace. Its
 * streams are finished in any case.
 *
 * The notice of RFC 9113, 6.8, a GOAWAY that refuses nothing, goes to sessions with a stream only, and
 * the second GOAWAY comes no later than the last of its streams: without one, a session of Node's
 * that has sent a GOAWAY does not read any more, and what the client sent before it knew would wait
 * for ever.
 */

import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { hasPendingBytes } from './pending.js';

const NO_ERROR = 0;
/** The largest there can be, so none is refused. */
const ANY_STREAM = 2 ** 31 - 1;

/** What Node keeps at a session, undocumented; the same in Node 20 to 26. */
interface State {
  streams: Map<number, unknown>;
}

const watched = new WeakSet<ServerHttp2Session>();
const noticed = new WeakSet<ServerHttp2Session>();

/** To be called again and again until it is closed. */
export function closeSession(session: ServerHttp2Session, isIdleEnough: boolean): void {
  if (session.closed || session.destroyed) return;
  if (!watched.has(session)) {
    watched.add(session);
    session.on('stream', () => giveNotice(session));
  }
  if (noticed.has(session)) return finish(session);
  if (hasStreams(session)) return giveNotice(session);
  if (isIdleEnough && !hasPendingBytes(session.socket)) session.close();
}

function giveNotice(session: ServerHttp2Session): void {
  if (noticed.has(session) || session.closed || session.destroyed) return;
  noticed.add(session);
  session.goaway(NO_ERROR, ANY_STREAM);
  // Not before all streams that have come with this one are known.
  setImmediate(() => finish(session));
}

function finish(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) return;
  // What is here already is read as long as there is a stream.
  if (hasStreams(session) && hasPendingBytes(session.socket)) return;
  session.close();
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
