/**
 * Addresses that a member listens on. On Linux they are abstract Unix sockets, which nothing remains of; elsewhere files in a
 * directory that only this user can open, removed at exit. Each is 128 random bits, and none of them is the token.
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before } from '../hidden-listeners.js';
import { markOwn } from '../own-sockets.js';

let directory: string | null = null;

export function newAddress(platform: string = process.platform): string {
  const name = `rondo-${randomBytes(16).toString('hex')}`;
  if (platform === 'linux') return `\0${name}`;
  if (platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return path.join(privateDirectory(), name);
}

/** Open before it returns. Neither it nor its connections keep the process running, and node:cluster does not hear of it. */
export function listenAt(address: string, onConnection: (socket: Socket) => void): Server {
  const server = markOwn(
    createServer((socket) => {
      markOwn(socket).unref();
      // What follows is 'close'.
      socket.on('error', () => {});
      onConnection(socket);
    }),
  );
  // Of accepting, such as EMFILE: the kernel's queue keeps the connection.
  server.on('error', () => {});
  server.listen({ path: address, exclusive: true });
  if (!server.listening) throw new Error(`cannot listen on ${address}`);
  return server.unref();
}

function privateDirectory(): string {
  if (directory === null) {
    const made = mkdtempSync(path.join(tmpdir(), 'rondo-'));
    directory = made;
    before(process, 'exit', () => rmSync(made, { recursive: true, force: true }));
  }
  return directory;
}
