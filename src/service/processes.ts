/** Other processes, as far as they can be seen. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findOwnFile } from '../own-files.js';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Its command line, or null where there is no `/proc` or it is hidden. */
export function commandOf(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  } catch {
    return null;
  }
}

/** Whether it is `rondo start`, by the name of the bin or by the file that it leads to, of any release. */
export function isRondo(command: readonly string[]): boolean {
  const main = findOwnFile('cli/main.js');
  const bin = command.findIndex(
    (word) =>
      path.basename(word) === 'rondo' || word === main || word.endsWith('/dist/cli/main.js'),
  );
  return bin >= 0 && command.includes('start', bin);
}

/** The values of an option of `rondo start`; what comes after `--` is the program's. */
export function valuesOf(option: string, command: readonly string[]): string[] {
  const end = command.indexOf('--');
  return command.slice(0, end < 0 ? undefined : end).flatMap((word, index) => {
    if (word === option) return command.slice(index + 1, index + 2);
    return word.startsWith(`${option}=`) ? [word.slice(option.length + 1)] : [];
  });
}
