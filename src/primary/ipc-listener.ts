/**
 * Accept, on the ipc transport: `net.Server` listens, and what it accepts is taken before it becomes
 * a `net.Socket`, as node:cluster's round robin does. The handle is all that is handed off.
 */

import { chmodSync, closeSync, fstatSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { constants } from 'node:os';
import { systemError } from '../errors.js';
import type { Address } from '../types.js';
import type { ListenTarget } from './transport.js';

/** libuv's handle of a connection that nothing has been read from: a TCP or a Pipe. */
export interface RawHandle {
  close(callback?: () => void): void;
}

/** `error` is 0 or -errno, as libuv has it; there is no handle then. */
export type OnConnection = (error: number, handle?: RawHandle) => void;

type ServerInternals = Server & { _handle: { onconnection: OnConnection } };

/** unix(7): what `sun_path` holds. */
const LONGEST_UNIX_PATH = process.platform === 'linux' ? 108 : 104;

/**
 * Resolves as soon as `onConnection` is in place, which is before the first connection can come.
 * Rejects with the error `net.Server` emits.
 */
export async function listen(target: ListenTarget, onConnection: OnConnection): Promise<Server> {
  if (target.kind === 'path') checkPath(target.path);
  const server = createServer();
  const inode = target.kind === 'fd' ? inodeOf(target.fd) : null;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.once('listening', () => {
        (server as ServerInternals)._handle.onconnection = onConnection;
        resolve();
      });
      server.listen(nodesOptions(target));
    });
  } catch (error) {
    // The fd is the transport's in any case. Node has closed it or not, depending on the error.
    if (target.kind === 'fd' && inode !== null && inodeOf(target.fd) === inode) {
      closeSync(target.fd);
    }
    throw error;
  }
  server.removeAllListeners('error');
  if (target.kind === 'path' && target.mode !== null) setMode(server, target.path, target.mode);
  return server;
}

/** An adopted Unix socket's path is not known to Node, which has null for it. */
export function addressOf(server: Server): Address {
  return server.address() ?? '';
}

function nodesOptions(target: ListenTarget): Parameters<Server['listen']>[0] & object {
  const { backlog } = target;
  // Without `exclusive`, a primary that is itself a worker of node:cluster would listen through it.
  const exclusive = true;
  switch (target.kind) {
    case 'path':
      return { path: target.path, backlog, exclusive };
    case 'fd':
      return { fd: target.fd, backlog, exclusive } as object;
    case 'tcp': {
      const { ip, port, ipv6Only } = target;
      return { port, backlog, exclusive, ipv6Only, ...(ip === null ? {} : { host: ip }) };
    }
  }
}

/** Node 20 and 22 listen on a truncated path without a word; this is what Node 24 does. */
function checkPath(path: string): void {
  if (process.platform === 'win32') {
    // Node can send TCP connections to another process there, and nothing else.
    throw systemError(-constants.errno.EOPNOTSUPP, 'listen', path, -1);
  }
  const isAbstract = path.startsWith('\0');
  const isUsable = process.platform === 'linux' || !isAbstract;
  if (isUsable && Buffer.byteLength(path) <= LONGEST_UNIX_PATH && !path.includes('\0', 1)) return;
  throw systemError(-constants.errno.EINVAL, 'listen', path, -1);
}

/** A client may connect between listen(2) and this: Node has no way to set the bits before. */
function setMode(server: Server, path: string, mode: number): void {
  if (path.startsWith('\0')) return;
  try {
    chmodSync(path, mode);
  } catch (error) {
    server.close();
    throw error;
  }
}

function inodeOf(fd: number): number | null {
  try {
    return fstatSync(fd).ino;
  } catch {
    return null;
  }
}

/** The reasons of each are in native/errors.h. */
const CONNECTION_ERRORS = new Set([
  'ECONNABORTED',
  'EPROTO',
  'EPERM',
  'ENONET',
  'ENETDOWN',
  'ENOPROTOOPT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EOPNOTSUPP',
  'ENOTSUP',
  'ENETUNREACH',
  'ETIMEDOUT',
]);
const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ETOOMANYREFS', 'EAGAIN']);

/** Of an error of accept(2): the listening socket itself is fine. */
export function doesPass(code: string): boolean {
  return CONNECTION_ERRORS.has(code) || isShortage(code);
}

/** The process, the user or the machine is short of something that comes back by itself. */
export function isShortage(code: string): boolean {
  return SHORTAGES.has(code);
}
