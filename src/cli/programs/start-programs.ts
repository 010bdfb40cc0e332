/**
 * `rondo start` of a configuration with several programs. Each runs in a `rondo start` of its own, which reads its part
 * of the file itself; here is what they have in common: signals, the pid file, the service manager, the exit code.
 */

import { constants } from 'node:os';
import { watchParent } from '../../service/parent.js';
import { writePidFile } from '../../service/pidfile.js';
import { reapOrphans } from '../../service/reaper.js';
import { handleSignals } from '../../service/signals.js';
import { notifyOfPrograms, takeSockets } from '../../service/systemd.js';
import { Terminal } from '../../service/terminal.js';
import { ArgumentError, type StartArguments } from '../arguments.js';
import { type Config, readConfig } from '../config-file.js';
import { Log } from '../log-output.js';
import type { MetricsAddress } from '../metrics-address.js';
import { textOf } from '../place.js';
import { takenAddress } from '../taken-address.js';
import { checkPrograms, namesIn } from './check.js';
import { NO_UPGRADE } from './child.js';
import { followPrograms } from './follow.js';
import { logLost, logState } from './log.js';
import { serveProgramsMetrics } from './metrics.js';
import { Programs } from './programs.js';
import { wordsFor } from './words.js';

/** As for one program. */
const FAILED = 1;

/** Throws {@link ArgumentError} for what is wrong at once, with any of the programs. */
export function startPrograms(given: StartArguments, config: Config, env: NodeJS.ProcessEnv): void {
  const configFile = given.configFile as string;
  checkPrograms(given, config, env);
  const log = new Log(given, env);
  const { isJson } = given;
  const note = (text: string): void => log.note(text);
  const onError = (error: Error): void => note(error.message);
  const { LISTEN_FDS, LISTEN_FDNAMES = '' } = env;
  const inherited = takeSockets(env).length;
  if (inherited > 0) Object.assign(env, { LISTEN_FDS, LISTEN_FDNAMES });

  let forcedCode: number | null = null;
  const programs: Programs = new Programs(
    {
      names: namesIn(config),
      failTogether: given.failTogether || config.failTogether,
      words: (name) => wordsFor(name, configFile, given),
      inherited,
      collects: given.metrics !== null,
    },
    {
      onState: (program) => {
        logState(log, isJson, program);
        if (program.state !== 'stopping') systemd.endIsOver(program);
        systemd.changed();
      },
      onLost: (program, signal, delayMs) => logLost(log, isJson, program, signal, delayMs),
      onMessage: tellParent,
      onStop: (program, withinMs) => systemd.endsWithin(program, withinMs),
      onError,
      onStopping: () => systemd.stopping(),
      onStarted: () => {
        systemd.started();
        tellParent('ready');
      },
      onEnd: (code) => process.exit(forcedCode ?? code),
    },
  );
  const systemd = notifyOfPrograms(programs, env, onError);

  const reload = async (): Promise<void> => {
    systemd.reloading();
    try {
      const next = readSeveral(configFile);
      checkPrograms(given, next, env);
      await programs.reload(namesIn(next), given.failTogether || next.failTogether);
    } catch (error) {
      onError(error as Error);
    } finally {
      systemd.reloaded();
    }
  };
  handleSignals(
    {
      workers: namesIn(config).length,
      stats: () => ({ state: programs.isLeaving ? 'leaving' : 'running' }),
      scale: () =>
        Promise.reject(
          new Error('with several programs there is no signal for the number of workers'),
        ),
      stop: async (signal = 'SIGTERM', { delayMs } = {}) => {
        if (delayMs === 0) return programs.hurry(signal);
        programs.stop(signal);
      },
      kill: async () => programs.force(forcedCode ?? 1),
    },
    Terminal.find(),
    {
      reload: () => void reload(),
      upgrade: () => note(`no upgrade: ${NO_UPGRADE}`),
      onForced: (signal) => {
        forcedCode = 128 + constants.signals[signal];
      },
      note,
      onError,
    },
  );
  reapOrphans(() => programs.pids);
  if (given.pidFile !== null) pidFile(given.pidFile);
  watchParent(note);
  hearParent(programs, note);
  followPrograms(configFile, () => programs.names, note);
  begin(programs, given.metrics, note).catch((error: Error) => {
    onError(error);
    log.complain(error.message);
    const holder = takenAddress(error.message, configFile);
    if (holder !== null) note(holder);
    process.exit(FAILED);
  });
}

/** Rejects with the error of `net.Server` if it cannot listen for those who ask for metrics. */
async function begin(
  programs: Programs,
  metrics: MetricsAddress | null,
  note: (text: string) => void,
): Promise<void> {
  if (metrics !== null) {
    const address = await serveProgramsMetrics(programs, metrics);
    note(`metrics at http://${textOf(address)}/metrics`);
  }
  // Told to stop before it has begun.
  if (programs.isStopping) process.exit(0);
  programs.start();
}

function readSeveral(configFile: string): Config {
  const config = readConfig(configFile);
  if (config.programs !== null) return config;
  throw new ArgumentError(
    `the configuration '${configFile}' has one program now; only a new start takes that over`,
  );
}

function pidFile(file: string): void {
  try {
    writePidFile(file);
  } catch (error) {
    throw new ArgumentError((error as Error).message);
  }
}

function tellParent(message: unknown): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** As for one program: what the parent sends is for all workers, but that they are to end. */
function hearParent(programs: Programs, note: (text: string) => void): void {
  if (process.send === undefined) return;
  process.on('message', (message, handle) => {
    (handle as { destroy?(): void } | undefined)?.destroy?.();
    if (message === 'shutdown') programs.stop('SIGTERM');
    else programs.send(message);
  });
  process.once('disconnect', () => note('the parent process has disconnected; it goes on'));
}
