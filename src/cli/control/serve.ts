/** The control socket of `rondo start`: with the command line's reload, and its log. */

import type { ControlActions } from '../../control/changes.js';
import type { EventLog } from '../../control/event-log.js';
import { checkControlName } from '../../control/place.js';
import { ControlServer } from '../../control/server.js';
import { ArgumentError } from '../arguments.js';
import { actionLine } from '../log.js';
import { reload } from '../reloading.js';
import type { Run } from '../run.js';

const OFF = 'off';

/**
 * Resolves with the server, or null without one. Rejects with an {@link ArgumentError} if the place that was given cannot be
 * used; that there is no default place is said in the log.
 */
export async function serveControl(
  run: Run,
  log: EventLog,
  write: (line: string) => void,
): Promise<ControlServer | null> {
  const { supervisor, given } = run;
  const { control, name } = given;
  if (name !== null) check(name);
  if (control === '') throw new ArgumentError("The option '--control' must be a path or 'off'");
  if (control === OFF) return null;
  const actions: Partial<ControlActions> = { reload: () => reload(run) };
  const server = new ControlServer({
    supervisor,
    actions,
    log,
    ...(control !== null && { path: control }),
    ...(name !== null && { name }),
    onAction: (action) => write(actionLine(action, given.isJson)),
  });
  try {
    await server.listen();
    return server;
  } catch (error) {
    const { message } = error as Error;
    if (control !== null || name !== null) throw new ArgumentError(message);
    run.note(`without a control socket: ${message}`);
    return null;
  }
}

function check(name: string): void {
  try {
    checkControlName(name);
  } catch (error) {
    throw new ArgumentError((error as Error).message.replace("'name'", "'--name'"));
  }
}
