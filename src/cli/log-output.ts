/**
 * Where log lines go, and what stands before each: stderr, or the file of `--log`; the time, and the program's name
 * where there are several. What the lines say is in log.ts.
 */

import { fstatSync } from 'node:fs';
import path from 'node:path';
import type { WriteStream } from 'node:tty';
import { workingDirectory } from '../supervisor/program.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { ArgumentError } from './arguments.js';
import { logEvents, noteLine } from './log.js';
import { LogFile } from './log-file.js';
import { Progress } from './progress.js';

const STDERR = 2;

export interface LogOptions {
  isJson: boolean;
  /** False for `--no-time`. */
  hasTime: boolean;
  logFile: string | null;
  /** Of several, or null. */
  program: string | null;
}

export class Log {
  readonly #options: LogOptions;
  readonly #file: LogFile | null;
  #progress: Progress | null = null;

  /** Throws {@link ArgumentError} if the file cannot be opened. */
  constructor(options: LogOptions, env: NodeJS.ProcessEnv) {
    const { logFile, hasTime } = options;
    this.#options = { ...options, hasTime: hasTime && (logFile !== null || !isJournal(env)) };
    // Whoever read it may be gone; the workers are not to go for that.
    process.stderr.on('error', () => {});
    this.#file = logFile === null ? null : this.#open(logFile);
  }

  /** All events of the Supervisor; on a terminal also how far its start is. */
  follow(supervisor: Supervisor): void {
    const { isJson } = this.#options;
    const { stderr } = process;
    if (stderr.isTTY && !isJson) this.#progress = new Progress(supervisor, stderr as WriteStream);
    logEvents(supervisor, isJson, (line) => this.write(line));
  }

  /** A line of log.ts. */
  write(line: string): void {
    const text = this.#complete(line);
    if (this.#file !== null) this.#file.write(text);
    else this.#print(text);
  }

  note(text: string): void {
    this.write(noteLine(text, this.#options.isJson));
  }

  /** What rondo ends of, also for those who do not look into the file. */
  complain(text: string): void {
    if (this.#file !== null) this.#print(this.#complete(noteLine(text, this.#options.isJson)));
  }

  #print(line: string): void {
    if (this.#progress === null) process.stderr.write(`${line}\n`);
    else this.#progress.write(line);
  }

  #complete(line: string): string {
    const { isJson, hasTime, program } = this.#options;
    if (isJson) {
      if (program === null) return line;
      return line.replace(/^\{"time":"[^"]*"/, `$&,"program":${JSON.stringify(program)}`);
    }
    const named = program === null ? line : line.replace(/^rondo: /, `$&${program}: `);
    return hasTime ? `${new Date().toISOString()} ${named}` : named;
  }

  #open(file: string): LogFile {
    try {
      return new LogFile(path.resolve(workingDirectory(), file), {
        line: (text) => this.#complete(noteLine(text, this.#options.isJson)),
        complain: (text) => this.complain(text),
      });
    } catch (error) {
      throw new ArgumentError(`the log file '${file}': ${(error as Error).message}`);
    }
  }
}

/** Whether stderr is systemd's journal, which has times itself; see systemd.exec(5). */
function isJournal({ JOURNAL_STREAM = '' }: NodeJS.ProcessEnv): boolean {
  try {
    const { dev, ino } = fstatSync(STDERR, { bigint: true });
    return JOURNAL_STREAM === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
