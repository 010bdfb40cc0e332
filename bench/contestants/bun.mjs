// Bun, with the same handlers and its own node:cluster: on Linux each worker has a listening socket of its own, with
// SO_REUSEPORT. The primary is a process of Bun's; the one that this runs in only starts it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bunFile } from '../lib/bun.mjs';

const PROGRAM = fileURLToPath(new URL('../lib/bun-program.mjs', import.meta.url));

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, workers, handler, started, serving }) {
  const child = spawn(/** @type {string} */ (bunFile()), [PROGRAM, handler, String(workers)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, BENCH_HOST: address.host, BENCH_PORT: String(address.port) },
  });
  const primaryPid = /** @type {number} */ (child.pid);
  started(primaryPid);
  child.once('exit', (code, signal) => {
    console.error(`Bun exited with ${signal ?? code}`);
    process.exit(1);
  });
  return new Promise((resolve) => {
    child.on('message', (/** @type {any} */ { type, pid, index, port }) => {
      if (type === 'started') started(pid);
      if (type === 'serving') serving(index, pid);
      if (type === 'ready') resolve({ port, primaryPid });
    });
  });
}
