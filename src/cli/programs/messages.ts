/**
 * What a process that runs several programs and the `rondo start` of each tell each other. A `cmd` that begins with
 * `NODE_` makes Node emit a message as `'internalMessage'`, apart from those of the programs.
 */

import type { EventEmitter } from 'node:events';

const CMD = 'NODE_RONDO_PROGRAM';

/** Has the pid of the parent: whoever else inherits it is none of its programs. */
export const PARENT_VARIABLE = 'RONDO_PROGRAMS_PARENT';

/** To the program: all at once, as by a second signal, of which this is the exit code. */
export interface ForceMessage {
  cmd: typeof CMD;
  does: 'force';
  code: number;
}

/** From the program: a reload is over. */
export interface ReloadedMessage {
  cmd: typeof CMD;
  does: 'reloaded';
}

export function forceMessage(code: number): ForceMessage {
  return { cmd: CMD, does: 'force', code };
}

export function reloadedMessage(): ReloadedMessage {
  return { cmd: CMD, does: 'reloaded' };
}

/** Calls back with such messages that arrive at `process`, or from it if it is a child. */
export function onProgramMessage(
  from: EventEmitter,
  then: (message: ForceMessage | ReloadedMessage) => void,
): void {
  from.on('internalMessage', (message: unknown) => {
    if ((message as { cmd?: unknown } | null)?.cmd === CMD) then(message as never);
  });
}
