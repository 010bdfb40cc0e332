/** The terminal that the process was started on, which may be closed while it runs. */

import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';

export class Terminal {
  /** Of stdin, stdout and stderr, those that are it. */
  readonly #fds: number[];

  private constructor(fds: number[]) {
    this.#fds = fds;
  }

  /** Null without one, as by nohup, cron or a service manager. To be asked at the start. */
  static find(): Terminal | null {
    const fds = [0, 1, 2].filter((fd) => isatty(fd));
    return fds.length === 0 ? null : new Terminal(fds);
  }

  /** It has been closed, or the session in which the process was started has ended. */
  get isGone(): boolean {
    return !this.#fds.some((fd) => isatty(fd)) || jobOf()?.terminal === 0;
  }

  /** Another job than this one has it. False where that cannot be seen. */
  get isAnothers(): boolean {
    const job = jobOf();
    return job !== null && job.terminal !== 0 && job.group !== job.foreground;
  }
}

/** See proc(5): the process's group, its controlling terminal or 0, and the group that has the terminal. */
function jobOf(): { group: number; terminal: number; foreground: number } | null {
  try {
    const text = readFileSync('/proc/self/stat', 'utf8');
    // The name of the process, in brackets before them, may have any characters.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [, , group, , terminal, foreground] = fields.map(Number);
    return { group, terminal, foreground } as ReturnType<typeof jobOf>;
  } catch {
    return null;
  }
}
