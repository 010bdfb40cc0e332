/**
 * Who listens where a program wants to: found in `/proc` by the inode of the socket, as ss(8) does. Sees the
 * processes of its own user only, and nothing where there is no `/proc`.
 */

import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv6, SocketAddress } from 'node:net';
import { commandOf } from './processes.js';

export interface Holder {
  pid: number;
  command: string[];
}

/** Each address of a kind, as it stands in the message of EADDRINUSE. */
const ANY = new Set(['0.0.0.0', '::', '*', 'null', 'undefined', '']);
const LISTENS = '0A';

/** The address in the text of an EADDRINUSE: `127.0.0.1:8000`, `:::8000` or a path. Null if there is none. */
export function takenAddressIn(text: string): string | null {
  return /\bEADDRINUSE\b.*?[ ](\S+:\d+|\/.*)$/m.exec(text)?.[1] ?? null;
}

/** Whether a socket file is there that nobody listens at. */
export function isLeftBehind(address: string): boolean {
  return address.startsWith('/') && existsSync(address) && unixSockets(address).length === 0;
}

/** Null if nobody is to be seen. Of several processes that share the socket, the one that began. */
export function holderOf(address: string): Holder | null {
  try {
    const sockets = address.startsWith('/') ? unixSockets(address) : tcpSockets(address);
    const pids = sockets.length === 0 ? [] : pidsWith(new Set(sockets));
    const pid = pids.find((pid) => !pids.includes(parentOf(pid)));
    return pid === undefined ? null : { pid, command: commandOf(pid) ?? [] };
  } catch {
    return null;
  }
}

/** Their inodes. */
function tcpSockets(address: string): string[] {
  const colon = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
  return ['tcp', 'tcp6'].flatMap((name) =>
    linesOf(`/proc/net/${name}`).flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [local = '', state, inode = '0'] = [fields[1], fields[3], fields[9]];
      const [hex = '', hexPort = ''] = local.split(':');
      if (state !== LISTENS || Number.parseInt(hexPort, 16) !== port) return [];
      const held = addressOf(hex);
      const isIt = ANY.has(host) || ANY.has(held) || held === canonical(host);
      return isIt ? [inode] : [];
    }),
  );
}

function unixSockets(path: string): string[] {
  return linesOf('/proc/net/unix').flatMap((line) => {
    const [, inode, name] = /^(?:\S+ +){6}(\d+) (.*)$/.exec(line.trim()) ?? [];
    return name === path && inode !== undefined ? [inode] : [];
  });
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1);
  } catch {
    // Without IPv6.
    return [];
  }
}

/** Of its hex digits, which are words in the order of a little-endian machine. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  return canonical((bytes.join('').match(/.{4}/g) ?? []).join(':'));
}

function canonical(address: string): string {
  if (!isIPv6(address)) return address;
  const { address: text } = new SocketAddress({ address, family: 'ipv6' });
  return text.replace(/^::ffff:(?=\d+\.)/, '');
}

/** In ascending order. */
function pidsWith(inodes: ReadonlySet<string>): number[] {
  const links = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => descriptorsOf(pid).some((link) => links.has(link)))
    .map(Number)
    .sort((a, b) => a - b);
}

function descriptorsOf(pid: string): string[] {
  try {
    const directory = `/proc/${pid}/fd`;
    return readdirSync(directory).map((fd) => {
      try {
        return readlinkSync(`${directory}/${fd}`);
      } catch {
        return '';
      }
    });
  } catch {
    // Another user's, or gone.
    return [];
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
