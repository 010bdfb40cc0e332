/** pm2 in cluster mode, with a home of its own so that its daemon is nobody else's. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gone, Listening, polled, ROOT, type Start, WORKERS } from './program.js';

const PM2 = createRequire(import.meta.url).resolve('pm2/bin/pm2');
const run = promisify(execFile);

/** The daemon is the primary, and only NODE_OPTIONS reaches it. */
export function startedByPm2(file: string): Start {
  return async (isRondo) => {
    // Short, for the daemon's sockets are in it.
    const home = mkdtempSync(path.join(tmpdir(), 'pm2-'));
    const log = path.join(home, 'log');
    const pm2 = (...args: string[]) =>
      run(process.execPath, [PM2, ...args], {
        cwd: ROOT,
        env: {
          ...process.env,
          PM2_HOME: home,
          PM2_DISABLE_VERSION_CHECK: 'true',
          ...(isRondo && { NODE_OPTIONS: '--import rondo/register' }),
        },
      });
    let primary = 0;
    let workers: number[] = [];
    const stop = async () => {
      await pm2('kill');
      await gone([primary, ...workers]);
      rmSync(home, { recursive: true });
    };
    try {
      await pm2('start', file, '-i', String(WORKERS), '--merge-logs', '--output', log);
      primary = Number(readFileSync(path.join(home, 'pm2.pid'), 'utf8'));
      const all = await polled(() => (existsSync(log) ? allOf(readFileSync(log, 'utf8')) : null));
      workers = all.workers;
      return { port: all.port, primary, workers, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  };
}

function allOf(log: string): { port: number; workers: number[] } | null {
  const lines = new Listening();
  let all: { port: number; workers: number[] } | null = null;
  for (const line of log.split('\n')) all = lines.add(line) ?? all;
  return all;
}
