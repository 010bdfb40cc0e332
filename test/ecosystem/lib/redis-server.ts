/** A `redis-server` of its own for each test, on a Unix socket in a directory that goes with the test. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import type { Test } from 'tap';

const hasServer = spawnSync('redis-server', ['--version']).status === 0;

/**
 * For `t.test(name, needsRedis, …)`: skipped, by name, where there is no server. In CI, which says by RONDO_NATIVE=1 that
 * nothing may be missing, the test fails.
 */
export const needsRedis: { skip?: string } =
  hasServer || process.env['RONDO_NATIVE'] === '1' ? {} : { skip: 'needs redis-server' };

export interface RedisServer {
  socket: string;
  child: ChildProcess;
  /** A client, closed with the test. */
  client(options?: { maxRetriesPerRequest?: number | null }): Redis;
  /** Ends it at once, and resolves when it has ended. */
  kill(): Promise<void>;
  /** Starts another one at the same place, without what the first has stored. */
  again(): Promise<void>;
}

export async function startRedis(t: Test): Promise<RedisServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-redis-'));
  const socket = path.join(directory, 'redis.sock');
  const clients: Redis[] = [];
  const server: RedisServer = {
    socket,
    child: await started(socket),
    client(options = {}) {
      const client = new Redis(socket, options);
      // Of a server that is killed on purpose.
      client.on('error', () => {});
      clients.push(client);
      return client;
    },
    kill: () => ended(server.child),
    async again() {
      server.child = await started(socket);
    },
  };
  t.teardown(async () => {
    for (const client of clients) client.disconnect();
    await ended(server.child);
    rmSync(directory, { recursive: true });
  });
  return server;
}

async function started(socket: string): Promise<ChildProcess> {
  const options = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', [...options, '--dir', path.dirname(socket)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (/ready to accept connections/i.test(line)) {
      child.stdout.resume();
      return child;
    }
  }
  throw new Error('redis-server ended before it was ready');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
