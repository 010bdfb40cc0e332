/**
 * Gives a connection back to the primary, which deals it anew when its client sends the next byte. Here is what
 * must hold for any connection; which of an HTTP server's are idle is moves/http-idle.ts's.
 */

import { Socket } from 'node:net';
import { invalidOption, RondoError } from '../errors.js';
import { moveAtClose } from '../moves/closing.js';
import { isIdle, isQuiet, TimeLeft } from '../moves/http-idle.js';
import type { HttpSocket } from '../moves/http-socket.js';
import type { Giver } from '../moves/move.js';
import { checkInteger, checkKeys, type Keys } from '../options.js';
import { IPC_CHANNEL } from '../protocol/protocol.js';
import type { ReleaseOptions } from '../types/worker.js';
import type { StreamHandle } from './channel.js';
import { workerProcess } from './environment.js';

const KEYS: Keys<ReleaseOptions> = { idleTimeoutMs: true };

/** For what moves by itself. */
export const GIVER: Giver = { canGiveBack, giveBack };

/** What a timer of the engine holds. */
const LONGEST_MS = 0x7fff_ffff;

/**
 * Gives a connection back to the primary. Nothing is sent or ended: the client does not notice. When it sends its next
 * byte, or ends the connection, the connection is dealt like a new one, to this worker or another, which emits it as
 * `'connection'`; what the kernel holds for it by then goes along. Here the socket is destroyed: it emits `'close'`.
 *
 * For programs that speak a protocol of their own over TCP or a Unix socket, between two requests of it. The next
 * worker knows nothing of what was said before. Connections of HTTP servers move by themselves, as the option
 * `rebalance` says; this does it with one that is between two requests, whatever that option and `keep` say.
 *
 * Returns false, and changes nothing, if that is not possible now: the socket is destroyed or ended, something waits
 * to be written or has been read and not been taken, a request of an HTTP server's is not answered, no descriptor is
 * left, or the primary is gone.
 *
 * Throws `ERR_RONDO_NOT_A_WORKER`; `ERR_RONDO_NATIVE_MISSING` with the ipc transport, which moves no connections;
 * `ERR_RONDO_NOT_DEALT` if the primary did not deal it to this process; `ERR_RONDO_INVALID_OPTION`, also for a
 * socket with TLS or HTTP/2, and `ERR_RONDO_UNKNOWN_OPTION`.
 */
export function release(socket: Socket, options: ReleaseOptions = {}): boolean {
  checkSocket(socket);
  checkKeys('options', options, KEYS);
  const { idleTimeoutMs } = options;
  if (idleTimeoutMs !== undefined) checkInteger('idleTimeoutMs', idleTimeoutMs, 0, LONGEST_MS);
  checkGivesBack();
  const { _handle: handle } = socket as Socket & { _handle: StreamHandle | null };
  if (handle === null || socket.destroyed) return false;
  if (!canGiveBack(socket)) throw new RondoError('ERR_RONDO_NOT_DEALT');
  const { parser } = socket as HttpSocket;
  if (parser == null ? !isQuiet(socket) : !isIdle(socket)) return false;
  return giveBack(socket, idleTimeoutMs ?? (parser == null ? 0 : new TimeLeft().of(socket)));
}

/** Whether another worker would take what is given back, as far as this one has heard. */
export function othersServe(): boolean {
  return workerProcess?.givesBack?.othersServe === true;
}

/** Whether all that was given back is on its way, so that this process may end. */
export function isAllSent(): boolean {
  return workerProcess?.givesBack?.hasUnsent !== true;
}

/** For a server here that may be closed while others serve on. */
export function moveWhenClosed(server: object): void {
  moveAtClose(server, () => (workerProcess?.givesBack?.isRebalancing === true ? GIVER : null));
}

/** Whether the primary dealt it to this process and takes it back, should it be idle. */
export function canGiveBack(socket: Socket): boolean {
  const { _handle: handle } = socket as Socket & { _handle: object | null };
  return handle !== null && workerProcess?.givesBack?.has(handle) === true;
}

/**
 * Without a look at what it is doing. False: it stays as it is. `idleMs`: after so long without a byte the primary
 * closes it; 0: never.
 */
export function giveBack(socket: Socket, idleMs: number): boolean {
  const { _handle: handle } = socket as Socket & { _handle: StreamHandle | null };
  if (handle === null || workerProcess?.givesBack?.giveBack(handle, idleMs) !== true) return false;
  // Closes this process's descriptor alone. An end() would send a FIN.
  socket.destroy();
  return true;
}

function checkSocket(socket: unknown): void {
  const isPlain = socket instanceof Socket && !isSecure(socket) && !isHttp2(socket);
  if (!isPlain) throw invalidOption('socket', 'a net.Socket without TLS and HTTP/2', socket);
}

/** Itself, or what is below a server's TLS connection. */
function isSecure(socket: HttpSocket): boolean {
  return 'encrypted' in socket || hasMethod(socket._server, 'setSecureContext');
}

function isHttp2(socket: HttpSocket): boolean {
  return hasMethod(socket._server, 'updateSettings');
}

function hasMethod(server: object | null | undefined, name: string): boolean {
  return server != null && name in server;
}

/** Throws `ERR_RONDO_NOT_A_WORKER` or `ERR_RONDO_NATIVE_MISSING` in a process that gives nothing back. */
export function checkGivesBack(): void {
  if (workerProcess === undefined) throw new RondoError('ERR_RONDO_NOT_A_WORKER');
  if (workerProcess.channel !== IPC_CHANNEL) return;
  throw new RondoError(
    'ERR_RONDO_NATIVE_MISSING',
    'The connections of this worker come by the ipc transport, which takes none back',
  );
}
