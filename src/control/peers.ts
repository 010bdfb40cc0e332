/** Who is at the other end of a Unix socket. Known by the kernel, so that nobody can pretend to be another. */

import type { Socket } from 'node:net';
import path from 'node:path';
import { loadNative, type PeerCredentials } from '../native/index.js';
import { commandOf } from '../service/processes.js';

/** Who asks for something. */
export interface Asker {
  /** Null without the addon. */
  pid: number | null;
  uid: number | null;
  /** Its command line, for people to read, without what would not be one line. Null where it cannot be seen. */
  command: string | null;
}

const LONGEST_COMMAND = 120;

/** Null without the addon, and for what is no connected Unix socket. */
export function credentialsOf(socket: Socket): PeerCredentials | null {
  const native = loadNative();
  const { fd } = (socket as { _handle?: { fd?: number } })._handle ?? {};
  if (native instanceof Error || fd === undefined || fd < 0) return null;
  const found = native.peerCredentials(fd);
  return typeof found === 'number' ? null : found;
}

/** The same user, or root. Without the addon the mode of the socket's file has decided. */
export function isAllowed(peer: PeerCredentials | null): boolean {
  if (peer === null) return loadNative() instanceof Error;
  return peer.uid === 0 || peer.uid === process.geteuid?.();
}

export function askerOf(peer: PeerCredentials | null): Asker {
  if (peer === null) return { pid: null, uid: null, command: null };
  // In another pid namespace it has none here.
  const command = peer.pid > 0 ? commandOf(peer.pid) : null;
  return { pid: peer.pid, uid: peer.uid, command: command && textOf(command) };
}

/** `process 12 (uid 0): rondo reload` */
export function nameOf({ pid, uid, command }: Asker): string {
  if (pid === null) return 'somebody';
  return `process ${pid} (uid ${uid})${command === null ? '' : `: ${command}`}`;
}

function textOf(command: readonly string[]): string {
  const [program = '', ...words] = command;
  const isNode = /^node(js)?$/.test(path.basename(program)) && words[0]?.startsWith('-') === false;
  const [first = '', ...rest] = isNode ? words : command;
  const name = first.endsWith('/cli/main.js') ? 'rondo' : path.basename(first);
  const text = [name, ...rest].join(' ').replace(/[^\x20-\x7e]+/g, '?');
  return text.length > LONGEST_COMMAND ? `${text.slice(0, LONGEST_COMMAND)}…` : text;
}
