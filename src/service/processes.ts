/** Other processes, as far as they can be seen. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** USER_HZ, the same on every platform Node runs on. */
const TICKS_PER_SECOND = 100;

const BIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

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

/** When it was started, in milliseconds since 1970, or null where that cannot be seen. See proc(5). */
export function startOf(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the process, in brackets before them, may have any characters.
    const ticks = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
    const [, boot] = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1')) ?? [];
    const startedAt = (Number(boot) + ticks / TICKS_PER_SECOND) * 1_000;
    return Number.isFinite(startedAt) ? startedAt : null;
  } catch {
    return null;
  }
}

/** Whether it is `rondo start`, by the name of the bin or by this very file. */
export function isRondo(command: readonly string[]): boolean {
  const bin = command.findIndex((word) => path.basename(word) === 'rondo' || word === BIN);
  return bin >= 0 && command.includes('start', bin);
}
