/**
 * Accept, on the ipc transport: `net.Server` listens, and what it accepts is taken before it becomes
 * a `net.Socket`, as node:cluster's round robin does. The handle is all that is handed off.
 */

import { chmodSync, closeSync, fstatSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { constants } from 'node:os';
import { systemError } from '../../errors.js';
import { after } from '../../hidden-listeners.js';
import type { Address } from '../../types/options.js';
import type { ListenTarget } from '../transport.js';
import type { RawHandle } from './connection.js';

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
  const inode = target.kind === 'fd' ? socketInode(target.fd) : null;
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
    // The fd is the transport's, and Node has closed it or not, depending on the error. What is no socket is not
    // the caller's to give away: it may be one of Node's own fds.
    if (target.kind === 'fd' && inode !== null && socketInode(target.fd) === inode) {
      closeSync(target.fd);
    }
    throw error;
  }
  server.removeAllListeners('error');
  if (target.kind === 'path') {
    if (target.mode !== null) setMode(server, target.path, target.mode);
    closeAtExit(server);
  }
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
    case 'path': {
      const { path, readableAll, writableAll } = target;
      return { path, backlog, exclusive, readableAll, writableAll };
    }
    case 'fd':
      return { fd: target.fd, backlog, exclusive } as object;
    case 'tcp': {
      const { port, ipv6Only } = target;
      // Without a host Node takes '::' or else '0.0.0.0', but does not look at `ipv6Only`.
      const host = target.ip ?? (ipv6Only ? '::' : undefined);
      return { port, backlog, exclusive, ipv6Only, ...(host === undefined ? {} : { host }) };
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

/** For what else the process does, such as spawning the workers that what waits is waiting for. */
const RESERVED_FDS = 32;

/**
 * Where a connection's fd is too high a number to let it wait, as numbers are given from the lowest
 * up. Beyond, libuv would close what comes without a word. Infinity where the limit is not known.
 */
export function highestFd(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const limit = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
    return limit - Math.min(RESERVED_FDS, limit / 4);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

const closedAtExit = new Set<Server>();
let stopClosing: (() => void) | null = null;

/** libuv removes a socket's file when it closes the socket, which Node leaves to the kernel at exit. */
function closeAtExit(server: Server): void {
  stopClosing ??= after(process, 'exit', () => {
    for (const one of closedAtExit) one.close();
  });
  closedAtExit.add(server);
  server.once('close', () => {
    closedAtExit.delete(server);
    if (closedAtExit.size > 0) return;
    stopClosing?.();
    stopClosing = null;
  });
}

function socketInode(fd: number): number | null {
  try {
    const found = fstatSync(fd);
    return found.isSocket() ? found.ino : null;
  } catch {
    return null;
  }
}
