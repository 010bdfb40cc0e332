/**
 * A program that is started as its own documentation says, with the preload or without, and what can
 * be seen of it from outside: who its processes are, and what rondo has counted.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Field, WORKER_PAGE_BYTES } from '../fixtures/frames.js';

export const WORKERS = 2;

/** `rondo/register` is found from here, as it is from a project that has rondo installed. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Program {
  port: number;
  primary: number;
  workers: number[];
  /** Ends it as its user would, and rejects if one of its processes is left. */
  stop(): Promise<void>;
}

export type Start = (isRondo: boolean) => Promise<Program>;

export function app(name: string): string {
  return fileURLToPath(new URL(`apps/${name}`, import.meta.url));
}

/** `node primary app …`, or `node --import rondo/register primary app …`. */
export function started(primary: string, ...args: string[]): Start {
  return async (isRondo) => {
    const flag = isRondo ? ['--import', 'rondo/register'] : [];
    const child = spawn(process.execPath, [...flag, app(primary), ...args], {
      cwd: ROOT,
      env: { ...process.env, WORKERS: String(WORKERS) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const { port, workers } = await Promise.race([
      listening(child.stdout),
      ended.then(([code]) => Promise.reject(new Error(`${primary} ended with code ${code}`))),
    ]);
    return {
      port,
      workers,
      primary: child.pid as number,
      async stop() {
        child.kill();
        await ended;
        await gone(workers);
      },
    };
  };
}

/** What each worker prints when it listens: `PID listening on PORT`. */
export class Listening {
  readonly #ports = new Map<number, number>();

  /** All of them, once the last has come. */
  add(line: string): { port: number; workers: number[] } | null {
    const match = /(\d+) listening on (\d+)$/.exec(line);
    if (match !== null) this.#ports.set(Number(match[1]), Number(match[2]));
    if (this.#ports.size < WORKERS) return null;
    const [port, ...others] = new Set(this.#ports.values());
    if (others.length > 0) throw new Error(`workers listen on ${port} and ${others}`);
    return { port: port as number, workers: [...this.#ports.keys()] };
  }
}

function listening(stdout: Readable): Promise<{ port: number; workers: number[] }> {
  const lines = new Listening();
  return new Promise((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      try {
        const all = lines.add(line);
        if (all !== null) resolve(all);
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Resolves when these processes have ended; after ten seconds ends them and rejects. */
export async function gone(pids: readonly number[]): Promise<void> {
  const left = await polled(() => {
    const running = pids.filter(isRunning);
    return running.length === 0 ? running : null;
  }).catch(() => pids.filter(isRunning));
  for (const pid of left) process.kill(pid, 'SIGKILL');
  if (left.length > 0) throw new Error(`left running: ${left.join(', ')}`);
}

/** A process whose parent has gone may never be waited for. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The first result that is not null; rejects after ten seconds. */
export async function polled<T>(attempt: () => T | null): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const result = attempt();
    if (result !== null) return result;
    if (Date.now() > deadline) throw new Error(`in vain for ten seconds: ${attempt}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * How many connections the present workers of a primary have received by rondo: the sum of their
 * pages, which every primary on rondo has, whoever wrote it. Null: it has none, so it is plain Node.
 */
export function receivedByRondo(primary: number): number | null {
  const directory = `/proc/${primary}/fd`;
  const pages = readdirSync(directory)
    .map((fd) => `${directory}/${fd}`)
    .filter((path) => readlinkSync(path).startsWith('/memfd:rondo-scoreboard'))
    .filter((path) => statSync(path).size === WORKER_PAGE_BYTES);
  if (pages.length === 0) return null;
  return pages.map(receivedIn).reduce((sum, received) => sum + received);
}

function receivedIn(page: string): number {
  const number = new Uint32Array(1);
  const fd = openSync(page, 'r');
  readSync(fd, number, 0, 4, Field.received);
  closeSync(fd);
  return number[0] as number;
}
