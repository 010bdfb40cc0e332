/** The configuration of several programs is looked at as that of one is, and what a reload would do is said. */

import { watchFile } from 'node:fs';
import path from 'node:path';
import { workingDirectory } from '../../supervisor/program.js';
import { readConfig } from '../config-file.js';

const WATCH_MS = 500;

/** Until the process ends. What a program of it takes over at once its own process sees to. */
export function followPrograms(
  configFile: string,
  names: () => readonly string[],
  note: (text: string) => void,
): void {
  const file = path.resolve(workingDirectory(), configFile);
  watchFile(file, { interval: WATCH_MS, persistent: false }, () => {
    try {
      const there = [...(readConfig(configFile).programs?.keys() ?? [])];
      const added = there.filter((name) => !names().includes(name));
      const removed = names().filter((name) => !there.includes(name));
      if (added.length > 0) note(`a reload will start ${added.join(', ')}`);
      if (removed.length > 0) note(`a reload will stop ${removed.join(', ')}`);
    } catch {
      // Each program's own process tells of it.
    }
  });
}
