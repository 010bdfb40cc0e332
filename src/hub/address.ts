/**
 * Addresses that a member listens on. On Linux they are abstract Unix sockets, which nothing remains of; elsewhere files in a
 * directory that only this user can open, removed at exit. Each is
 * random, of 128 bits or more, and none of them tells the token.
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before } from '../hidden-listeners.js';
import { markOwn } from '../own-sockets.js';

/**
 * All that fits behind the NUL. Up to Node 20 a shorter name is followed by NULs, which belong to it, so that
 * another version of Node would not find it.
 */
const ABSTRACT_LENGTH = 107;
const FILE_LENGTH = 38;
const TOKEN_BYTES = 32;
const PREFIX = 'rondo-';

let directory: string | null = null;

export function newAddress(platform: string = process.platform): string {
  if (platform === 'linux') return `\0${newName(ABSTRACT_LENGTH)}`;
  const name = newName(FILE_LENGTH);
  if (platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return path.join(privateDirectory(), name);
}

export function newToken(): Buffer {
  return randomBytes(TOKEN_BYTES);
}

function newName(length: number): string {
  return `${PREFIX}${randomBytes(length).toString('hex')}`.slice(0, length);
}

/**
 * What `listen()` comes to, for a path that is this process's own; in Node 20 to 26 alike. A program may have put something
 * in the place of `listen()`, which is to see the program's servers and no other.
 */
interface Listening {
  _listen2(path: string, port: -1, addressType: -1, backlog: number): void;
}

const BACKLOG = 511;

/** Open before it returns. Neither it nor its connections keep the process running, and node:cluster is not told of it. */
export function listenAt(address: string, onConnection: (socket: Socket) => void): Server {
  const server = markOwn(
    new Server((socket) => {
      markOwn(socket).unref();
      // What follows is 'close'.
      socket.on('error', () => {});
      onConnection(socket);
    }),
  );
  // Of accepting, such as EMFILE: the kernel's queue keeps the connection.
  server.on('error', () => {});
  (server as unknown as Listening)._listen2(address, -1, -1, BACKLOG);
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
