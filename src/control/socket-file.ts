/**
 * The file of a listening Unix socket: there at once with its mode, nobody else's replaced, and only its own
 * removed. The server is bound in a directory of its own beside the place, which only this user can enter, and its file gets its
 * name when all is as it should be. libuv, which removes by name what it has bound, finds nothing then.
 */

import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  renameSync,
  rmdirSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import net, { type Server } from 'node:net';
import path from 'node:path';
import { RondoError } from '../errors.js';
import { before } from '../hidden-listeners.js';
import { ControlClient } from './client.js';
import { credentialsOf } from './peers.js';

/** unix(7): what `sun_path` holds, with its end. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;
const BACKLOG = 511;
/** For somebody who listens to take a connection; a stopped process's kernel does. */
const CONNECT_MS = 2_000;
/** Others may take the place again and again. */
const MOST_TRIES = 5;

/** See hub/address.ts: a program may have replaced `listen()`. */
interface Listening {
  _listen2(path: string, port: -1, addressType: -1, backlog: number): void;
}

/** A process that listens at the place. */
export class LiveError extends RondoError {
  constructor(file: string, pid: number | null) {
    const whose = pid === null ? 'another process' : `process ${pid}`;
    super('ERR_RONDO_CONTROL_PLACE', `The control socket '${file}' is in use by ${whose}`);
  }
}

/**
 * Has `server` listen there, with mode 0600, and returns what removes the file, at exit by itself, unless another
 * has taken its place. A socket at which nobody listens is replaced, and so is that of the process `replaces`: clients find one
 * or the other at any time.
 *
 * Rejects with {@link LiveError} if somebody does, `ERR_RONDO_CONTROL_PLACE` if anything else is there, and
 * system errors.
 */
export async function listenAtFile(
  server: Server,
  file: string,
  replaces?: number,
): Promise<() => void> {
  const place = path.resolve(file);
  await clear(place, replaces);
  const directory = openRoom(place);
  const bound = path.join(directory, 's');
  try {
    await listen(server, bound);
    chmodSync(bound, 0o600);
    await take(place, bound, replaces);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    removeFile(bound);
    rmdirSync(directory);
  }
  const own = lstatSync(place);
  const remove = (): void => {
    forget();
    if (isSame(statOf(place), own)) removeFile(place);
  };
  const forget = before(process, 'exit', remove);
  return remove;
}

/** The process that listens there; null if none does, undefined if it is not known which. */
export function listenerAt(file: string): Promise<number | null | undefined> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path: file });
    const timer = setTimeout(() => end(undefined), CONNECT_MS);
    const end = (pid: number | null | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(pid);
    };
    socket.once('connect', () => end(credentialsOf(socket)?.pid));
    socket.on('error', ({ code, ...error }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED' || code === 'ENOENT') return end(null);
      // Its queue is full.
      if (code === 'EAGAIN') return end(undefined);
      clearTimeout(timer);
      reject(Object.assign(new Error(`connect ${code} ${file}`), { ...error, code }));
    });
  });
}

/** As short as it can be: with it the path has to fit. */
function openRoom(place: string): string {
  const parent = path.dirname(place);
  const longest = Math.max(
    Buffer.byteLength(place),
    Buffer.byteLength(parent) + '/.123456/s'.length,
  );
  if (longest > LONGEST_PATH) {
    const text = `The path of the control socket '${place}' is too long for a Unix socket`;
    throw new RondoError('ERR_RONDO_CONTROL_PLACE', text);
  }
  return mkdtempSync(`${parent}/.`);
}

function listen(server: Server, bound: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    (server as unknown as Listening)._listen2(bound, -1, -1, BACKLOG);
    if (!server.listening) return;
    // Its event comes later, or not at all if it is closed by then.
    server.off('error', reject);
    resolve();
  });
}

/** Gives the socket its name. A link, in place of a rename, never replaces what has come meanwhile. */
async function take(place: string, bound: string, replaces?: number): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    try {
      return linkSync(bound, place);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    // Nobody else takes the place of one that lives.
    if ((await clear(place, replaces)) === 'handed over') return renameSync(bound, place);
  }
  throw new LiveError(place, null);
}

/** Removes what nobody listens at. Rejects if somebody does, and if it is something else. */
async function clear(place: string, replaces?: number): Promise<'clear' | 'handed over'> {
  const found = statOf(place);
  if (found === null) return 'clear';
  if (!found.isSocket()) {
    const what = found.isSymbolicLink() ? 'a symbolic link' : 'no socket';
    const text = `The control socket cannot be '${place}': that is ${what}, and is left alone`;
    throw new RondoError('ERR_RONDO_CONTROL_PLACE', text);
  }
  const pid = await listenerAt(place);
  if (pid === null) {
    removeStale(place, found);
    return 'clear';
  }
  const known = pid ?? (await pidByAsking(place));
  if (known !== null && known === replaces) return 'handed over';
  throw new LiveError(place, known);
}

/** Where the kernel does not tell. */
async function pidByAsking(place: string): Promise<number | null> {
  try {
    return (await new ControlClient({ path: place, timeoutMs: CONNECT_MS }).identity()).pid;
  } catch {
    return null;
  }
}

/** Another process may have done the same since, and its socket be there now. */
function removeStale(place: string, found: Stats): void {
  const aside = `${place}.${process.pid}`;
  try {
    renameSync(place, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return;
  }
  // The number of a file that is gone is given to the next one.
  const moved = statOf(aside);
  if (isSame(moved, found) && moved?.mtimeMs === found.mtimeMs) removeFile(aside);
  else renameSync(aside, place);
}

function statOf(file: string): Stats | null {
  return lstatSync(file, { throwIfNoEntry: false }) ?? null;
}

function isSame(one: Stats | null, other: Stats): boolean {
  return one !== null && one.ino === other.ino && one.dev === other.dev;
}

function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It is gone.
  }
}
