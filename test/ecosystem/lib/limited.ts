/**
 * One of apps/limits/ in four workers on rondo, with its counts in shared memory, in the primary (without the addon), or
 * in Redis; and clients that ask, each on a connection of its own, so that every worker is asked.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Test } from 'tap';
import { nativeOnly } from '../../fixtures/harness.js';
import { app, gone, ROOT } from '../program.js';
import { needsRedis, startRedis } from './redis-server.js';

const WORKERS = 4;

export interface Place {
  name: string;
  options: { skip?: string };
  environment(t: Test): Promise<NodeJS.ProcessEnv>;
}

export const IN_MEMORY: Place = {
  name: 'in shared memory',
  options: nativeOnly,
  environment: async () => ({}),
};

export const PLACES: Place[] = [
  IN_MEMORY,
  {
    name: 'without the addon',
    options: {},
    environment: async () => ({ RONDO_NATIVE: '0' }),
  },
  {
    name: 'in Redis',
    options: needsRedis,
    environment: async (t) => ({ REDIS_SOCKET: (await startRedis(t)).socket }),
  },
];

export interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

export interface Limited {
  ask(path?: string): Promise<Answer>;
  /** So many at once; those that passed, and those that got 429. Others throw. */
  rush(count: number, path?: string): Promise<{ passed: Answer[]; denied: Answer[] }>;
  stderr(): string;
}

/** Ended with the test. */
export async function startLimited(
  t: Test,
  place: Place,
  [name = '', ...args]: readonly string[],
): Promise<Limited> {
  const words = ['--import', 'rondo/register', app('cluster.mjs'), app(`limits/${name}`), ...args];
  const child = spawn(process.execPath, words, {
    cwd: ROOT,
    env: { ...process.env, ...(await place.environment(t)), WORKERS: String(WORKERS) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'exit');
  const pids: number[] = [];
  t.teardown(async () => {
    child.kill();
    await ended;
    await gone(pids);
  });
  const end = ended.then(([code]) => {
    throw new Error(`${name} ended with ${code}: ${errors}`);
  });
  const port = await Promise.race([listening(child.stdout, pids), end]);
  end.catch(() => {});

  const ask = async (path = '/'): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { connection: 'close' },
    });
    const { status, headers } = response;
    return { status, headers, body: await response.text() };
  };
  return {
    ask,
    stderr: () => errors,
    async rush(count, path) {
      const answers = await Promise.all(Array.from({ length: count }, () => ask(path)));
      const unlike = answers.find(({ status }) => status !== 200 && status !== 429);
      if (unlike !== undefined) throw new Error(`${unlike.status}: ${unlike.body} ${errors}`);
      return {
        passed: answers.filter(({ status }) => status === 200),
        denied: answers.filter(({ status }) => status === 429),
      };
    },
  };
}

async function listening(stdout: Readable, pids: number[]): Promise<number> {
  for await (const line of createInterface({ input: stdout })) {
    const [, pid, port] = /^(\d+) listening on (\d+)$/.exec(line) ?? [];
    if (pid !== undefined) pids.push(Number(pid));
    if (pids.length === WORKERS) {
      stdout.resume();
      return Number(port);
    }
  }
  throw new Error('it ended before it listened');
}

/** How many workers have answered. */
export function workersOf(answers: Answer[]): number {
  return new Set(answers.map(({ headers }) => headers.get('x-worker'))).size;
}
