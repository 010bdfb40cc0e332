/**
 * The terminal: its other screen, its keys without lines, and all of that undone at every end: when asked to, by a
 * signal, by an error, and while the job is stopped.
 */

import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import { type Key, keysIn } from './keys.js';

/** The other screen, without a cursor and without wrapping. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const STDOUT = 1;
const ENDING = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

export interface TerminalHost {
  onKey(key: Key): void;
  /** The size is another one, or all has to be drawn anew. */
  onRedraw(): void;
}

export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #host: TerminalHost;
  #isOn = false;

  constructor(input: ReadStream, output: WriteStream, host: TerminalHost) {
    this.#input = input;
    this.#output = output;
    this.#host = host;
  }

  get size(): { columns: number; rows: number } {
    // A terminal that does not know its size says 0.
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  open(): void {
    process.on('exit', () => this.#leave());
    for (const signal of ENDING) process.on(signal, () => this.#endBy(signal));
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', () => this.#resume());
    // It is gone, and who has closed it sends no more signals.
    const end = (): void => process.exit(0);
    this.#output.on('error', end);
    this.#input.on('error', end).on('end', end);
    this.#output.on('resize', () => this.#host.onRedraw());
    this.#input.setEncoding('utf8').on('data', (text: string) => this.#onText(text));
    this.#enter();
  }

  /** All at once, over what is there. A terminal that has not taken the last frame yet is spared this one. */
  draw(lines: readonly string[]): void {
    if (!this.#isOn || this.#output.writableLength > 0) return;
    this.#output.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  }

  #onText(text: string): void {
    for (const key of keysIn(text)) {
      if (key === 'interrupt') this.#endBy('SIGINT');
      else if (key === 'suspend') this.#suspend();
      else this.#host.onKey(key);
    }
  }

  #enter(): void {
    this.#input.setRawMode(true);
    this.#output.write(ENTER);
    this.#isOn = true;
  }

  /** At once: the process may end now. */
  #leave(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    try {
      this.#input.setRawMode(false);
      writeSync(STDOUT, LEAVE);
    } catch {
      // The terminal is gone.
    }
  }

  /** As if it had not been handled, so that the shell sees what has happened. */
  #endBy(signal: (typeof ENDING)[number]): void {
    this.#leave();
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }

  readonly #suspend = (): void => {
    this.#leave();
    process.off('SIGTSTP', this.#suspend);
    // Also what has started it, such as npx.
    process.kill(0, 'SIGTSTP');
    // After it has been continued, or where there is no shell that could do so.
    setTimeout(() => {
      process.on('SIGTSTP', this.#suspend);
      this.#resume();
    }, 10);
  };

  /** The shell has set the terminal's modes to what it wants; Node believes that they are as before. */
  #resume(): void {
    this.#leave();
    this.#enter();
    this.#host.onRedraw();
  }
}
