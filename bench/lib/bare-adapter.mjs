// The contestants without Node: ../bare/, of which this process starts the primary, and then has nothing
// to do any more. CPU time and pids are those of the program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { programFile } from './programs.mjs';

const PROGRAM = programFile('bare');

/**
 * @param {'dispatcher' | 'reuseport' | 'noop'} mode
 * @returns {import('./types.mjs').Adapter}
 */
export function bareAdapter(mode) {
  return {
    async primary({ address, workers, handler, started, serving }) {
      const count = mode === 'noop' ? 0 : workers;
      const child = spawn(
        PROGRAM,
        [mode, handler, String(count), address.host, String(address.port)],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      await once(child, 'spawn');
      const primaryPid = /** @type {number} */ (child.pid);
      started(primaryPid);
      child.once('exit', (code, signal) => {
        console.error(`${PROGRAM} exited with ${signal ?? code}`);
        process.exit(1);
      });
      const [line] = await once(createInterface(child.stdout), 'line');
      const { port, workers: pids } = JSON.parse(line);
      for (const [index, pid] of pids.entries()) {
        started(pid);
        serving(index, pid);
      }
      return { port, primaryPid, servers: Math.max(1, count) };
    },
  };
}
