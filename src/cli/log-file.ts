/**
 * The file of `--log`. Lines of one turn of the loop are one write, in order, and at the process's end what is left
 * is written. A file that was renamed or removed is opened anew before the next line. One that cannot be written ends
 * nothing: lines wait, what is too much is counted, and stderr, and in the end the file, tell of it.
 */

import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from 'node:fs';

/** Of a file that is created, less what the process's umask takes. */
const MODE = 0o640;

const { O_APPEND, O_CREAT, O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
/** A FIFO without a reader, or with a slow one, is an error rather than a wait. */
const FLAGS = O_APPEND | O_CREAT | O_WRONLY | O_NONBLOCK | O_NOCTTY;

/** How often it is tried whether the file can be written again. */
const RETRY_MS = 1_000;

/** After a write that took so long, lines are gathered for a while: each write holds up the loop. */
const SLOW_MS = 20;
const GATHER_MS = 500;

/** Lines that wait; what comes then is lost. */
const MOST_WAITING = 1_000;

export interface LogFileHost {
  /** Makes a line of a text of the file's own. */
  line(text: string): string;
  /** Where the file's troubles are told. */
  complain(text: string): void;
}

/** Of this process. */
let current: LogFile | null = null;

/**
 * Opens the file of `--log` anew, as after it was moved. Throws an Error if there is none, and the error of the file
 * system if it cannot be opened; lines go on to where they went then.
 */
export function reopen(): { file: string } {
  if (current === null) throw new Error('There is no log file: rondo was started without --log');
  current.reopen();
  return { file: current.file };
}

export class LogFile {
  readonly file: string;
  readonly #host: LogFileHost;
  #fd: number;
  #lines: string[] = [];
  /** So many bytes of the first line are in the file. */
  #skip = 0;
  /** Since the file could be written last. */
  #lost = 0;
  #isFailing = false;
  /** The path leads nowhere. */
  #isAstray = false;
  #timer: NodeJS.Timeout | undefined;

  /** An absolute path. Throws the error of the file system. */
  constructor(file: string, host: LogFileHost) {
    this.file = file;
    this.#host = host;
    this.#fd = openSync(file, FLAGS, MODE);
    current = this;
    process.on('exit', () => this.#end());
  }

  /** Without the newline. */
  write(line: string): void {
    if (this.#lines.length >= MOST_WAITING) {
      this.#lost++;
      return;
    }
    this.#lines.push(line);
    if (this.#lines.length === 1 && this.#timer === undefined) queueMicrotask(() => this.flush());
  }

  /** Throws the error of the file system; the file is as before then. */
  reopen(): void {
    this.flush();
    this.#open();
  }

  /** Writes what there is, as far as that is possible. */
  flush(): void {
    if (this.#lines.length === 0 && this.#lost === 0) return;
    const began = performance.now();
    this.#follow();
    const error = this.#append();
    if (error === null) this.#recover();
    else this.#fail(error);
    if (error !== null) this.#wait(RETRY_MS);
    else if (performance.now() - began > SLOW_MS) this.#wait(GATHER_MS);
  }

  get #lostText(): string {
    return `${this.#lost} ${this.#lost === 1 ? 'line is' : 'lines are'} lost`;
  }

  #open(): void {
    const fd = openSync(this.file, FLAGS, MODE);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#skip = 0;
    this.#isAstray = false;
  }

  /** The path may lead to another file by now, or to none. */
  #follow(): void {
    try {
      const own = fstatSync(this.#fd, { bigint: true });
      const there = statSync(this.file, { bigint: true, throwIfNoEntry: false });
      if (there?.ino !== own.ino || there.dev !== own.dev) this.#open();
    } catch (error) {
      // The file that is open goes on to get the lines, wherever it is.
      if (!this.#isAstray) this.#complain('cannot be opened again', error as Error);
      this.#isAstray = true;
    }
  }

  /** Takes from the lines what is in the file as a whole. */
  #append(): Error | null {
    const lost = this.#lost > 0 ? [this.#host.line(this.#lostText)] : [];
    const bytes = Buffer.from([...this.#lines, ...lost].map((line) => `${line}\n`).join(''));
    let done = this.#skip;
    try {
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done);
      this.#lines = [];
      this.#skip = 0;
      return null;
    } catch (error) {
      this.#skip = done;
      this.#dropWritten();
      return error as Error;
    }
  }

  #dropWritten(): void {
    for (;;) {
      const [first] = this.#lines;
      // The line of those that are lost has another number by then, and is written anew.
      if (first === undefined) this.#skip = 0;
      const length = Buffer.byteLength(first ?? '') + 1;
      if (first === undefined || this.#skip < length) return;
      this.#lines.shift();
      this.#skip -= length;
    }
  }

  #fail(error: Error): void {
    if (!this.#isFailing) this.#complain('cannot be written', error);
    this.#isFailing = true;
  }

  #recover(): void {
    if (this.#isFailing) {
      const lost = this.#lost > 0 ? `: ${this.#lostText}` : '';
      this.#host.complain(`the log file '${this.file}' can be written again${lost}`);
    }
    this.#lost = 0;
    this.#isFailing = false;
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush();
    }, ms).unref();
  }

  #end(): void {
    this.flush();
    this.#lost += this.#lines.length;
    if (this.#lost > 0) this.#host.complain(`the log file '${this.file}': ${this.#lostText}`);
  }

  #complain(what: string, { message }: Error): void {
    this.#host.complain(`the log file '${this.file}' ${what}: ${message}`);
  }
}
