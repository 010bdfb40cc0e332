/**
 * A file with the process's id, for as long as it runs. What is in its place is replaced only if it is such a
 * file, of a rondo that has ended: anything else was not meant to be a pid file.
 */

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { commandOf, isAlive, isRondo, valuesOf } from './processes.js';

/** More than the digits of a pid and a newline. */
const LONGEST = 32;

/**
 * Writes it, and removes it when the process ends. Throws an Error if there is one of a rondo that runs, or
 * something else, and the error of the file system if it cannot be written.
 */
export function writePidFile(file: string): void {
  const absolute = path.resolve(file);
  const text = `${process.pid}\n`;
  try {
    writeFileSync(absolute, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    checkReplaceable(file, absolute);
    replace(absolute, text);
  }
  removeAtExit(absolute);
}

/**
 * The same, in the place of process `from`, whose it is until then; null: of whichever process has replaced it. A
 * file of anybody else is left alone.
 */
export function takePidFile(file: string, from: number | null): void {
  const absolute = path.resolve(file);
  const pid = pidIn(absolute);
  if (pid === process.pid) return;
  if (pid === null || (from !== null && pid !== from)) return writePidFile(file);
  replace(absolute, `${process.pid}\n`);
  removeAtExit(absolute);
}

function removeAtExit(absolute: string): void {
  process.on('exit', () => {
    // Another process may have replaced it.
    if (pidIn(absolute) === process.pid) rmSync(absolute, { force: true });
  });
}

/** Links are not followed: what they lead to is replaced neither. */
function replace(file: string, text: string): void {
  const next = `${file}.${process.pid}.${Date.now()}`;
  try {
    writeFileSync(next, text, { flag: 'wx' });
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

function checkReplaceable(file: string, absolute: string): void {
  const pid = pidIn(absolute);
  if (pid === null) {
    throw new Error(
      `The pid file '${file}' exists, and is no file with a process id; it is left alone`,
    );
  }
  if (pid === 0 || pid === process.pid || !isAlive(pid)) return;
  const command = commandOf(pid);
  // The id of a process that has ended is given to another one some day. What cannot be seen may be one of ours.
  if (command !== null && !isRondo(command)) return;
  // Such as another rondo, which has another pid file, or none.
  if (command !== null && !hasPidFile(pid, command, absolute)) return;
  throw new Error(`The pid file '${file}' is of process ${pid}, which is alive`);
}

/** By its command line. What cannot be seen may be the same. */
function hasPidFile(pid: number, command: readonly string[], absolute: string): boolean {
  const { dev, ino } = lstatSync(absolute);
  return valuesOf('--pidfile', command).some((file) => {
    try {
      const its = lstatSync(path.resolve(`/proc/${pid}/cwd`, file));
      return its.dev === dev && its.ino === ino;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'ENOENT';
    }
  });
}

/** 0 for an empty file, in which a pid is still to be; null if it is anything else than a file with a pid. */
function pidIn(file: string): number | null {
  let fd: number;
  try {
    // Of a FIFO the opening would wait.
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    if (!fstatSync(fd).isFile()) return null;
    const buffer = Buffer.alloc(LONGEST);
    const text = buffer.toString('utf8', 0, readSync(fd, buffer)).trim();
    return text === '' ? 0 : /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}
