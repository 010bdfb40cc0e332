/** The control socket of `rondo start`: with the command line's reload, and its log. */

import type { ControlActions } from '../../control/changes.js';
import type { EventLog } from '../../control/event-log.js';
import { checkControlName } from '../../control/place.js';
import { ControlServer } from '../../control/server.js';
import { passengers } from '../../service/handover.js';
import { ArgumentError } from '../arguments.js';
import { actionLine } from '../log.js';
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
  };
  const before = passengers.taken('control')?.data as { pid: number; path: string } | undefined;
  const server = new ControlServer({
    supervisor,
    actions,
    log,
    ...(control !== null && { path: control }),
    ...(before !== undefined && { path: before.path, replaces: before.pid }),
    ...(name !== null && { name }),
    onAction: (action) => write(actionLine(action, given.isJson)),
  });
  try {
    if (before === undefined) pass(await server.listen());
    else passengers.onHandOver(() => void takePlace(run, server));
    return null;
  } catch (error) {
    const { message } = error as Error;
    if (control !== null || name !== null) throw new ArgumentError(message);
    return `without a control socket: ${message}`;
  }
}

/** So that the next process of an upgrade takes that place. */
function pass(path: string): void {
  passengers.add('control', { give: () => ({ data: { pid: process.pid, path } }) });
}

/** At this moment the old process still answers there; its socket is replaced by a rename. */
async function takePlace(run: Run, server: ControlServer): Promise<void> {
  try {
    pass(await server.listen());
  } catch (error) {
    run.note(`without a control socket: ${(error as Error).message}`);
  }
}

function check(name: string): void {
  try {
    checkControlName(name);
  } catch (error) {
    throw new ArgumentError((error as Error).message.replace("'name'", "'--name'"));
  }
}
