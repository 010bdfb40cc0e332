/** The control socket of `rondo start`: with the command line's reload, and its log. */

import { lstatSync } from 'node:fs';
import type { ControlActions } from '../../control/changes.js';
import type { EventLog } from '../../control/event-log.js';
import { checkControlName } from '../../control/place.js';
import { ControlServer } from '../../control/server.js';
import { passengers } from '../../service/handover.js';
import { ArgumentError } from '../arguments.js';
import { actionLine } from '../log.js';
import { reopen } from '../log-file.js';
import { reload } from '../reloading.js';
import type { Run } from '../run.js';
import { upgrade } from '../upgrading.js';

const OFF = 'off';

/**
 * Resolves with why there is none, or null. Rejects with an {@link ArgumentError} if the place that was given cannot be
 * used.
 */
export async function serveControl(
  run: Run,
  log: EventLog,
  write: (line: string) => void,
): Promise<string | null> {
  const { supervisor, given } = run;
  const { control, name } = given;
  if (name !== null) check(name);
  if (control === '') throw new ArgumentError("The option '--control' must be a path or 'off'");
  if (control === OFF) return null;
  const actions: Partial<ControlActions> = {
    reload: () => reload(run),
    upgrade: () => upgrade(run),
    ...(given.logFile !== null && { reopenLog: reopen }),
  };
  const before = passengers.taken('control')?.data as Place | undefined;
  const place = new ControlPlace((at) => {
    return new ControlServer({
      supervisor,
      actions,
      log,
      ...(control !== null && { path: control }),
      ...(at !== null && { path: at.path, replaces: at.pid }),
      ...(name !== null && { name }),
      onAction: (action) => write(actionLine(action, given.isJson)),
    });
  }, run.note);
  try {
    if (before === undefined) await place.open();
    else passengers.onHandOver(() => place.take(before));
    return null;
  } catch (error) {
    const { message } = error as Error;
    if (control !== null || name !== null) throw new ArgumentError(message);
    return `without a control socket: ${message}`;
  }
}

/** Where the socket is, and whose it is; what the next process of an upgrade is given. */
interface Place {
  path: string;
  pid: number;
}

class ControlPlace {
  readonly #make: (at: Place | null) => ControlServer;
  readonly #note: (text: string) => void;

  constructor(make: (at: Place | null) => ControlServer, note: (text: string) => void) {
    this.#make = make;
    this.#note = note;
  }

  /** Rejects as `listen()`. */
  async open(at: Place | null = null): Promise<void> {
    const server = this.#make(at);
    const path = await server.listen();
    const inode = inodeOf(path);
    passengers.add('control', {
      give: () => ({ data: { path, pid: process.pid } }),
      kept: () => {
        // The new process was there already, and has left its socket behind.
        if (inodeOf(path) === inode) return;
        server.leave();
        void this.take({ path, pid: process.pid });
      },
    });
  }

  /** At this moment the process that has it still answers there; its socket is replaced by a rename. */
  async take(at: Place): Promise<void> {
    try {
      await this.open(at);
    } catch (error) {
      this.#note(`without a control socket: ${(error as Error).message}`);
    }
  }
}

function inodeOf(file: string): number | null {
  return lstatSync(file, { throwIfNoEntry: false })?.ino ?? null;
}

function check(name: string): void {
  try {
    checkControlName(name);
  } catch (error) {
    throw new ArgumentError((error as Error).message.replace("'name'", "'--name'"));
  }
}
