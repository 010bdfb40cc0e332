/**
 * `rondo start`: a Supervisor of a server file, with its log, its signals and its exit code. What it
 * does is the Supervisor's; here is what a command line and an operating system add.
 */

import { constants } from 'node:os';
import type { WriteStream } from 'node:tty';
import type { RondoError } from '../errors.js';
import { leaveFamily } from '../family.js';
import { connectParent, watchParent } from '../service/parent.js';
import { writePidFile } from '../service/pidfile.js';
import { reapOrphans } from '../service/reaper.js';
import { handleSignals } from '../service/signals.js';
import { notifySystemd, takeSockets } from '../service/systemd.js';
import { Terminal } from '../service/terminal.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { ArgumentError, asArgumentError, type StartArguments } from './arguments.js';
import { logEvents, noteLine } from './log.js';
import { serveMetrics } from './metrics.js';
import { Progress } from './progress.js';
import { followFile, isRefused, reload } from './reloading.js';
import type { Run } from './run.js';
import { SettingsSource } from './settings.js';
import { takenAddress } from './taken-address.js';

/** rondo itself. */
const FAILED = 1;
/** Every seat has stopped, or the agent cannot be had. */
const ALL_FAILED = 3;

/** Throws {@link ArgumentError} for what is wrong at once. */
export function start(given: StartArguments): void {
  leaveFamily();
  const settings = new SettingsSource(given, process.env);
  const supervisor = openSupervisor(settings);
  const write = openLog(supervisor, given.isJson);
  const note = (text: string): void => write(noteLine(text, given.isJson));
  const onError = (error: Error): void => note(error.message);
  const run: Run = { supervisor, given, settings, note, onError };

  const systemd = notifySystemd(supervisor, process.env, onError);
  reapOrphans(() => pidsOf(supervisor));
  let exitCode = 0;
  handleSignals(supervisor, Terminal.find(), {
    reload: () => {
      reload(run).catch((error: Error) => {
        if (!isRefused(error)) return;
        onError(error);
        systemd.reloadRefused();
      });
    },
    onForced: (signal) => {
      exitCode = 128 + constants.signals[signal];
    },
    note,
    onError,
  });
  // Whoever has read it may send signals.
  if (given.pidFile !== null) pidFile(given.pidFile);
  watchParent(note);
  const tellParent = connectParent(supervisor, note);
  followFile(run);
  const explain = (error: Error): void => {
    const text = takenAddress(error.message, given.file);
    if (text !== null) note(text);
  };
  supervisor.on('reload:failed', explain);
  supervisor.once('failed', (error) => {
    explain(error);
    process.exit(ALL_FAILED);
  });
  supervisor.once('stopped', () => process.exit(exitCode));
  const onStarted = (): void => {
    systemd.started();
    tellParent();
  };
  const started =
    given.metrics === null ? supervisor.start() : serveMetrics(run).then(() => supervisor.start());
  started.then(onStarted, (error: RondoError) => {
    // Of a stop and of seats that stop the events tell.
    if (['stopping', 'stopped'].includes(supervisor.stats().state)) return;
    onError(error);
    explain(error);
    process.exit(error.code === 'ERR_RONDO_START_FAILED' ? ALL_FAILED : FAILED);
  });
}

function openSupervisor(settings: SettingsSource): Supervisor {
  const sockets = takeSockets(process.env);
  try {
    return new Supervisor({ ...settings.current, sockets });
  } catch (error) {
    throw asArgumentError(error, {});
  }
}

/** Returns what writes a line. */
function openLog(supervisor: Supervisor, isJson: boolean): (line: string) => void {
  const { stderr } = process;
  // Whoever read it may be gone; the workers are not to go for that.
  stderr.on('error', () => {});
  const progress = stderr.isTTY && !isJson ? new Progress(supervisor, stderr as WriteStream) : null;
  const write = (line: string): void => {
    if (progress === null) stderr.write(`${line}\n`);
    else progress.write(line);
  };
  logEvents(supervisor, isJson, write);
  return write;
}

function pidFile(file: string): void {
  try {
    writePidFile(file);
  } catch (error) {
    throw new ArgumentError((error as Error).message);
  }
}

function pidsOf(supervisor: Supervisor): Set<number> {
  const { seats, agent } = supervisor.stats();
  const pids = seats.flatMap(({ workers }) => workers.map(({ pid }) => pid));
  return new Set([...pids, agent?.pid ?? null].filter((pid) => pid !== null));
}
