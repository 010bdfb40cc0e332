/**
 * One of programs/ as a process of plain Node, or in the workers of `rondo start`, and what can be seen of it from
 * outside: what it writes, how it ends, and of rondo its log.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../program.js';
import type { Spec } from './specs.js';

const CLI = path.join(ROOT, 'dist', 'cli', 'main.js');
/** Two reloads of a program that starts slowly, on a busy machine. */
const LIMIT_MS = 40_000;

export interface End {
  code: number | null;
  signal: string | null;
}

/** A line of `rondo start --json`. */
export interface LogEvent extends End {
  event: string;
  pid: number;
  reason: string | null;
  listening?: Array<{ port: number }>;
  error?: string;
}

export interface Running {
  port: number;
  /** Of plain Node the one process, of rondo the primary. */
  pid: number;
  /** What the program has written on stdout since it was ready. */
  words: string[];
  stderr(): string;
  /** All of rondo's log so far. */
  log: LogEvent[];
  /** The first line of the log, from now on or `since` an index, that is meant. */
  event(isMeant: (line: LogEvent) => boolean, since?: number): Promise<LogEvent>;
  signal(name: NodeJS.Signals): void;
  /** The end of the process, when all that it and its workers wrote has been read. */
  ended: Promise<End>;
}

export interface Way {
  isRondo: boolean;
  workers: number;
  sink: string;
}

export function program(name: string): string {
  return fileURLToPath(new URL(`../programs/${name}`, import.meta.url));
}

export async function run(spec: Spec, { isRondo, workers, sink }: Way): Promise<Running> {
  const file = program(spec.program);
  const args = spec.args ?? [];
  const words = isRondo
    ? [CLI, 'start', '--json', '-w', String(workers), ...(spec.flags ?? []), file, '--', ...args]
    : [file, ...args];
  const child = spawn(process.execPath, words, {
    cwd: ROOT,
    env: {
      ...process.env,
      SINK: sink,
      ...(spec.nodeOptions !== undefined && { NODE_OPTIONS: spec.nodeOptions }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen = new Output(child, isRondo ? workers : 1);
  // tap ends what is left of a file; this ends it so early that the test can still tell of it.
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const ended = once(child, 'close').then(([code, signal]): End => {
    clearTimeout(timer);
    return { code, signal };
  });
  const port = await Promise.race([
    seen.ready,
    ended.then((end) => {
      throw new Error(`${spec.name} ended before it was ready: ${JSON.stringify(end)}
${seen.stderr.slice(-2_000)}`);
    }),
  ]);
  return {
    port,
    pid: child.pid as number,
    words: seen.words,
    stderr: () => seen.stderr,
    log: seen.log,
    event: (isMeant, since) => seen.event(isMeant, ended, since),
    signal: (name) => void child.kill(name),
    ended,
  };
}

class Output extends EventEmitter {
  readonly words: string[] = [];
  readonly log: LogEvent[] = [];
  readonly ready: Promise<number>;
  stderr = '';

  constructor(child: ChildProcess, workers: number) {
    super();
    this.setMaxListeners(0);
    let missing = workers;
    this.ready = new Promise((resolve) => {
      createInterface({ input: child.stdout as Readable }).on('line', (line) => {
        const [, port] = /^ready (\d+)$/.exec(line) ?? [];
        if (port === undefined) this.words.push(line);
        else if (--missing === 0) resolve(Number(port));
      });
    });
    createInterface({ input: child.stderr as Readable }).on('line', (line) => {
      if (!line.startsWith('{"time":')) {
        this.stderr += `${line}\n`;
        return;
      }
      const told = JSON.parse(line) as LogEvent;
      this.log.push(told);
      this.emit('told', told);
    });
  }

  async event(
    isMeant: (line: LogEvent) => boolean,
    ended: Promise<End>,
    since = this.log.length,
  ): Promise<LogEvent> {
    const end = ended.then((end) => {
      throw new Error(`rondo ended first: ${JSON.stringify(end)}
${JSON.stringify(this.log.slice(since))}
${this.stderr.slice(-2_000)}`);
    });
    for (;;) {
      const found = this.log.slice(since).find(isMeant);
      if (found !== undefined) {
        end.catch(() => {});
        return found;
      }
      await Promise.race([once(this, 'told'), end]);
    }
  }
}
