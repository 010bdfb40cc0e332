/**
 * Sessions of Socket.IO on a sticky listener: each has an id that a worker makes, and the client's next requests carry it, on
 * connections of their own while it polls.
 */

import { invalidOption } from '../errors.js';
import { claimSession, releaseSession } from '../worker/sessions.js';

/** What is used of Engine.IO's server; the same in 4 to 6. */
interface Engine {
  generateId(request: unknown): string | Promise<string>;
  on(event: 'connection', listener: (socket: EngineSocket) => void): unknown;
}

interface EngineSocket {
  id: string;
  readyState: string;
  once(event: 'close', listener: () => void): unknown;
}

interface Hooked {
  [HOOKED]?: true;
}

/** On the engine, so that two calls claim once. */
const HOOKED = Symbol.for('rondo.sticky');

/**
 * Has the primary deal each client of this server to this worker, for as long as its session lasts. In each worker, once `io` is
 * attached to its HTTP server; the listener is to be `sticky` by `query:sid`. Works in a process without rondo, too, where it
 * has no effect.
 *
 * Throws `ERR_RONDO_INVALID_OPTION` if `io` is no Socket.IO server that is attached to a server.
 */
export function sticky(io: unknown): void {
  const engine = (io as { engine?: Engine } | null | undefined)?.engine;
  if (typeof engine?.generateId !== 'function' || typeof engine.on !== 'function') {
    throw invalidOption('io', 'a Socket.IO server that is attached to a server', io);
  }
  if ((engine as Hooked)[HOOKED]) return;
  Object.defineProperty(engine, HOOKED, { value: true });
  const generateId = engine.generateId;
  // The response with the id is on its way before the event 'connection'.
  engine.generateId = async function generateClaimedId(request) {
    const id = await generateId.call(this, request);
    claimSession(id);
    return id;
  };
  engine.on('connection', (socket) => {
    const { id } = socket;
    // One that was made by other means than generateId().
    if (socket.readyState === 'closed') return releaseSession(id);
    socket.once('close', () => releaseSession(id));
  });
}
