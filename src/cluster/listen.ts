/**
 * Listening for a worker of node:cluster: the same call of `net.Server` that Node's own primary makes,
 * so that addresses, errors and whatever watches that call are the same.
 */

import { createServer, type ListenOptions as NetListenOptions, type Server } from 'node:net';
import { constants } from 'node:os';
import path from 'node:path';
import { systemError } from '../errors.js';
import { loadNative } from '../native/index.js';
import type { ListenOptions } from '../types/options.js';
import type { QueryServer } from './messages.js';

/** UV_TCP_IPV6ONLY, in the flags of a listen request. */
const IPV6_ONLY = 1;

const LARGEST_FD = 0x7fff_ffff;

/** `sizeof(sun_path)`; see unix(7). */
const LONGEST_PATH = process.platform === 'linux' ? 108 : 104;

const NODE_MAJOR = Number(process.versions.node.split('.')[0]);

/** libuv before 1.51 adds the bits of `readableAll` and `writableAll` to a file's mode; since, they are all of it. */
const REPLACES_MODE = isAtLeast(process.versions.uv, 1, 51);

type ServerInternals = Server & { _handle: { fd: number } };

/** Where the dispatcher is to listen. Rejects with the error `net.Server` emits. */
export async function listenOptions(query: QueryServer, isNative: boolean): Promise<ListenOptions> {
  const { address, port, fd, flags = 0 } = query;
  const backlog = backlogOf(query);
  // A program may have given any of its own values for it; those that are none do not come so far.
  if (typeof fd === 'number' && fd >= 0) return { fd: checkFd(fd), ...backlog };
  if (port < 0) {
    const path = thatFits(address as string);
    if (!path.startsWith('\0')) return { path: boundPath(path), ...modeOf(query), ...backlog };
    if (!isNative) return { path, ...backlog };
    // Whether Node fills up such a name with NUL, which makes it another, depends on its version.
    return { fd: await listenByNode({ path, ...backlog }), ...backlog };
  }
  const ipv6Only = (flags & IPV6_ONLY) !== 0;
  const host = address === null ? {} : { host: address };
  if (!isNative) return { port, ipv6Only, ...host, ...backlog };
  return { fd: await listenByNode({ port, ipv6Only, ...host, ...backlog }), ...backlog };
}

/** As V8 makes an int32 of it for libuv. */
function backlogOf({ backlog }: QueryServer): { backlog?: number } {
  const length = Number(backlog) | 0;
  return length > 0 ? { backlog: length } : {};
}

function checkFd(fd: number): number {
  if (Number.isInteger(fd) && fd <= LARGEST_FD) return fd;
  throw systemError(-constants.errno.EINVAL, 'listen', null);
}

function modeOf({ readableAll, writableAll }: QueryServer): Partial<ListenOptions> {
  const wanted = { readableAll: readableAll === true, writableAll: writableAll === true };
  if (!REPLACES_MODE || !(wanted.readableAll || wanted.writableAll)) return wanted;
  return { mode: (wanted.readableAll ? 0o444 : 0) | (wanted.writableAll ? 0o222 : 0) };
}

/** As Node gives a path to the kernel. Until 24 it binds as much of a long one as there is room for. */
function boundPath(path: string): string {
  const end = path.indexOf('\0');
  if (end >= 0 && NODE_MAJOR >= 22) throw systemError(-constants.errno.EINVAL, 'bind', path, -1);
  const whole = end < 0 ? path : path.slice(0, end);
  const isCut = NODE_MAJOR < 24 && Buffer.byteLength(whole) > LONGEST_PATH;
  return isCut ? Buffer.from(whole).subarray(0, LONGEST_PATH).toString() : whole;
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

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [itsMajor = 0, itsMinor = 0] = version.split('.').map(Number);
  return itsMajor > major || (itsMajor === major && itsMinor >= minor);
}

/**
 * From here a path may be shorter than from the root, and a worker has put its directory in front of an abstract name, too.
 * Node's primary always takes the shorter one. Where there is room for the whole path that makes no difference to a client,
 * and an operator reads the whole.
 */
function thatFits(address: string): string {
  const isWhole = Buffer.byteLength(address) < LONGEST_PATH && !address.includes('\0');
  if (isWhole) return address;
  const relative = path.relative(process.cwd(), address);
  return relative.length < address.length ? relative : address;
}
