/** A file with the process's id, for as long as it runs. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Writes it, and removes it when the process ends. One that a dead process has left is replaced. Throws
 * an Error if its process is alive, and the error of the file system if it cannot be written.
 */
export function writePidFile(file: string): void {
  const absolute = path.resolve(file);
  const text = `${process.pid}\n`;
  try {
    writeFileSync(absolute, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = pidIn(absolute);
    if (pid !== null && pid !== process.pid && isAlive(pid)) {
      throw new Error(`The pid file '${file}' is of process ${pid}, which is alive`);
    }
    writeFileSync(absolute, text);
  }
  process.on('exit', () => {
    // Another process may have replaced it.
    if (pidIn(absolute) === process.pid) rmSync(absolute, { force: true });
  });
}

function pidIn(file: string): number | null {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return /^[1-9]\d*$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
