/**
 * Listening for a worker of node:cluster: the same call of `net.Server` that Node's own primary makes,
 * so that addresses, errors and whatever watches that call are the same.
 */

import { createServer, type ListenOptions as NetListenOptions, type Server } from 'node:net';
import path from 'node:path';
import { systemError } from '../errors.js';
import { loadNative } from '../native.js';
import type { ListenOptions } from '../types.js';
import type { QueryServer } from './messages.js';

/** UV_TCP_IPV6ONLY, in the flags of a listen request. */
const IPV6_ONLY = 1;

type ServerInternals = Server & { _handle: { fd: number } };

/** Where the dispatcher is to listen. Rejects with the error `net.Server` emits. */
export async function listenOptions(query: QueryServer, isNative: boolean): Promise<ListenOptions> {
  const { address, port, fd, flags = 0 } = query;
  const backlog = (query.backlog ?? 0) > 0 ? { backlog: query.backlog as number } : {};
  if (fd !== undefined && fd >= 0) return { fd, ...backlog };
  if (port < 0) {
    const { readableAll, writableAll } = query;
    const mode = { readableAll: readableAll === true, writableAll: writableAll === true };
    return { path: shortest(address as string), ...mode, ...backlog };
  }
  const ipv6Only = (flags & IPV6_ONLY) !== 0;
  const host = address === null ? {} : { host: address };
  if (!isNative) return { port, ipv6Only, ...host, ...backlog };
  return { fd: await listenByNode({ port, ipv6Only, ...host, ...backlog }), ...backlog };
}

/** Resolves with an fd of the listening socket, which is the caller's. */
function listenByNode(options: NetListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.once('listening', () => {
      // Emitted before the loop polls, so nothing has been accepted by this handle.
      const fd = duplicate((server as ServerInternals)._handle.fd);
      server.close();
      if (fd < 0) reject(systemError(fd, 'listen'));
      else resolve(fd);
    });
    server.listen(options);
  });
}

function duplicate(fd: number): number {
  const native = loadNative();
  if (native instanceof Error) throw native;
  return native.dupFd(fd);
}

/** A Unix path has some 100 bytes; a worker's relative one may be longer from here. */
function shortest(address: string): string {
  const relative = path.relative(process.cwd(), address);
  return relative.length < address.length ? relative : address;
}
