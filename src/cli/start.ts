/**
 * `rondo start`: a Supervisor of a server file, with its log, its signals and its exit code. What it
 * does is the Supervisor's; here is what a command line and an operating system add.
 */

import { constants } from 'node:os';
import { EventLog } from '../control/event-log.js';
import type { RondoError } from '../errors.js';
import { leaveFamily } from '../family.js';
import { passPidFile } from '../service/handover.js';
import { connectParent, watchParent } from '../service/parent.js';
import { reapOrphans } from '../service/reaper.js';
import { handleSignals } from '../service/signals.js';
import { notifySystemd, takeSockets } from '../service/systemd.js';
import { Terminal } from '../service/terminal.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { ArgumentError, type StartArguments } from './arguments.js';
import { readConfig } from './config-file.js';
import { serveControl } from './control/serve.js';
import { sayWhatStarts } from './first-line.js';
import { describe } from './log.js';
import { Log } from './log-output.js';
import { serveMetrics } from './metrics.js';
import { joinPrograms } from './programs/child.js';
import { startPrograms } from './programs/start-programs.js';
import { followFile, isRefused, reload } from './reloading.js';
import type { Run } from './run.js';
import { SettingsSource } from './settings.js';
import { takenAddress } from './taken-address.js';
import { isUpgradeRefused, upgrade } from './upgrading.js';
import { watchProgram } from './watch/watch.js';

/** rondo itself. */
const FAILED = 1;
/** Every seat has stopped, or the agent did not become ready. */
const ALL_FAILED = 3;

/** Rejects with {@link ArgumentError} for what is wrong at once. */
export async function start(given: StartArguments): Promise<void> {
  leaveFamily();
  const parentOfPrograms = joinPrograms(process.env);
  const config = given.configFile === null ? null : readConfig(given.configFile);
  if (config?.programs && given.program === null && given.file === null) {
    return startPrograms(given, config, process.env);
  }
  if (given.failTogether && given.program === null) {
    throw new ArgumentError("'--fail-together' is for a configuration with several programs");
  }
  const settings = new SettingsSource(given, process.env, config);
  const supervisor = openSupervisor(settings);
  const log = new Log(given, process.env);
  log.follow(supervisor);
  const events = new EventLog(supervisor, describe);
  const note = (text: string): void => {
    log.note(text);
    events.note(text);
  };
  const onError = (error: Error): void => note(error.message);
  const run: Run = { supervisor, given, settings, note, onError };

  const write = (line: string): void => log.write(line);
  const whyNoControl = await serveControl(run, events, write);
  sayWhatStarts(run, write);
  if (whyNoControl !== null) note(whyNoControl);
  const systemd = notifySystemd(supervisor, process.env, onError, given.storesSockets);
  reapOrphans(() => pidsOf(supervisor));
  const reloadAndTell = async (): Promise<void> => {
    try {
      await reload(run);
    } catch (error) {
      if (!isRefused(error as Error)) return;
      onError(error as Error);
      systemd.reloadRefused();
      parentOfPrograms?.reloadRefused();
    }
  };
  let exitCode = 0;
  handleSignals(supervisor, Terminal.find(), {
    reload: () => void reloadAndTell(),
    upgrade: () => {
      upgrade(run).catch((error: Error) => {
        if (isUpgradeRefused(error)) onError(error);
      });
    },
    onForced: (signal) => {
      exitCode = 128 + constants.signals[signal];
    },
    note,
    onError,
  });
  parentOfPrograms?.follow(supervisor, (code) => {
    exitCode = code;
  });
  // Whoever has read it may send signals.
  if (given.pidFile !== null) pidFile(given.pidFile);
  // Of another one's upgrade it is about to end.
  if (!supervisor.isTakingOver) watchParent(note);
  const tellParent = connectParent(supervisor, note);
  followFile(run);
  const beginToWatch = given.watch && watchProgram(run, given.watch, reloadAndTell);
  const explain = (error: Error): void => {
    const text = takenAddress(error.message, settings.current.exec);
    if (text !== null) note(text);
  };
  supervisor.on('reload:failed', explain);
  supervisor.once('failed', (error) => {
    explain(error);
    log.complain(error.message);
    process.exit(ALL_FAILED);
  });
  supervisor.once('stopped', () => process.exit(exitCode));
  const onStarted = (): void => {
    systemd.started();
    tellParent();
    void beginToWatch?.();
  };
  const started = serveMetrics(run, parentOfPrograms).then(() => {
    // Looking up a host's name takes its time.
    if (supervisor.isStopAsked) process.exit(exitCode);
    return supervisor.start();
  });
  started.then(onStarted, (error: RondoError) => {
    // Of a stop and of seats that stop the events tell.
    if (['stopping', 'stopped'].includes(supervisor.stats().state)) return;
    onError(error);
    log.complain(error.message);
    explain(error);
    process.exit(error.code === 'ERR_RONDO_START_FAILED' ? ALL_FAILED : FAILED);
  });
}

function openSupervisor(settings: SettingsSource): Supervisor {
  const sockets = takeSockets(process.env);
  try {
    return new Supervisor({ ...settings.current, sockets });
  } catch (error) {
    throw settings.explain(error);
  }
}

function pidFile(file: string): void {
  try {
    passPidFile(file);
  } catch (error) {
    throw new ArgumentError((error as Error).message);
  }
}

function pidsOf(supervisor: Supervisor): Set<number> {
  const { seats, agent } = supervisor.stats();
  const pids = seats.flatMap(({ workers }) => workers.map(({ pid }) => pid));
  return new Set([...pids, agent?.pid ?? null].filter((pid) => pid !== null));
}
