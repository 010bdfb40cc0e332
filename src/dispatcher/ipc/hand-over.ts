/**
 * The files of Unix sockets that pass to another process, on the ipc transport. libuv removes the file of what it
 * has bound itself when it closes it, and knows nothing of the file of a socket that was handed over.
 */

import { lstatSync, renameSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import path from 'node:path';
import { after } from '../../hidden-listeners.js';
import type { UnixFile } from '../../native/engine.js';
import type { ListenTarget } from '../transport.js';

/** Of sockets that were handed over to this process. */
const taken = new Map<Server, UnixFile>();
let stopListening: (() => void) | null = null;

export function fdOf(server: Server): number {
  return (server as Server & { _handle: { fd: number } })._handle.fd;
}

/** Null of what has none. */
export function fileOf(server: Server, target: ListenTarget): UnixFile | null {
  if (target.kind !== 'path') return taken.get(server) ?? null;
  const { path: file, mode, backlog } = target;
  if (file.startsWith('\0')) return null;
  try {
    const { dev, ino } = lstatSync(file, { bigint: true });
    const identity = { device: String(dev), inode: String(ino) };
    return { file: path.resolve(file), ...identity, mode: mode ?? -1, addedMode: 0, backlog };
  } catch {
    // Somebody has removed it.
    return null;
  }
}

/** From now on it is removed when the server closes, and at the process's exit. */
export function takeFile(server: Server, file: UnixFile): void {
  taken.set(server, file);
  stopListening ??= after(process, 'exit', () => {
    for (const one of taken.values()) removeFile(one);
  });
  server.once('close', () => {
    if (taken.get(server) === file) removeFile(file);
    forget(server);
  });
}

/** Closes the server, and its file stays where it is. */
export async function leaveFile(
  server: Server,
  target: ListenTarget,
  close: () => Promise<void>,
): Promise<void> {
  forget(server);
  const file = target.kind === 'path' ? fileOf(server, target) : null;
  if (file === null) return close();
  const aside = `${file.file}.${process.pid}`;
  try {
    renameSync(file.file, aside);
  } catch {
    // Where it may not be renamed it may not be removed either.
    return close();
  }
  // libuv removes what is at the path before this returns.
  const closed = close();
  renameSync(aside, file.file);
  await closed;
}

/** Unless it is another one by now. */
export function removeFile({ file, device, inode }: UnixFile): void {
  try {
    const { dev, ino } = lstatSync(file, { bigint: true });
    if (String(dev) === device && String(ino) === inode) rmSync(file);
  } catch {
    // It is gone.
  }
}

function forget(server: Server): void {
  taken.delete(server);
  if (taken.size > 0) return;
  stopListening?.();
  stopListening = null;
}
