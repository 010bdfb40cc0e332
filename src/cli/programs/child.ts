/** The `rondo start` of one of several programs: how it hears of the process that has started it, and tells it. */

import { dieWithParent } from '../../supervisor/lifeline.js';
import type { Supervisor } from '../../supervisor/supervisor.js';
import { onProgramMessage, PARENT_VARIABLE, reloadedMessage } from './messages.js';

export interface ParentOfPrograms {
  /** After the Supervisor is there. `onForced` gets the exit code; everything is about to be killed. */
  follow(supervisor: Supervisor, onForced: (code: number) => void): void;
  /** A reload was asked for, and has not begun. */
  reloadRefused(): void;
}

/**
 * Null if this process is none of several. To be asked first of all: it does not outlive its parent. Changes the
 * environment so that the sockets of a service manager are this process's, too.
 */
export function joinPrograms(env: NodeJS.ProcessEnv): ParentOfPrograms | null {
  const parent = env[PARENT_VARIABLE];
  delete env[PARENT_VARIABLE];
  if (Number(parent) !== process.ppid || process.send === undefined) return null;
  dieWithParent();
  // Where there is no addon.
  process.once('disconnect', () => process.exit(1));
  if (env.LISTEN_FDS !== undefined) env.LISTEN_PID = String(process.pid);
  const reloaded = (): void => {
    process.send?.(reloadedMessage(), undefined, undefined, () => {});
  };
  return {
    follow(supervisor, onForced) {
      supervisor.on('reload:end', reloaded);
      supervisor.on('reload:failed', reloaded);
      onProgramMessage(process, (message) => {
        if (message.does !== 'force') return;
        onForced(message.code);
        void supervisor.kill();
      });
    },
    reloadRefused: reloaded,
  };
}
