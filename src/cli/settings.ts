/**
 * What `rondo start` tells its Supervisor: by the environment (RONDO_POLICY, …), by the file of
 * `--config`, and by flags; a later one goes before an earlier one. The file can be read again.
 */

import { readFileSync, watchFile } from 'node:fs';
import path from 'node:path';
import { optionsFromEnvironment } from '../cluster/options.js';
import { validateSupervisorOptions } from '../supervisor/options.js';
import { workingDirectory } from '../supervisor/program.js';
import type { SupervisorOptions } from '../supervisor/types.js';
import { ArgumentError, asArgumentError, type Settings, type StartArguments } from './arguments.js';

/** How often the file is looked at; it may be replaced, or be a link that is turned. */
const WATCH_MS = 500;

/** What takes effect without new workers, as soon as the file says so. */
const LIVE = [
  'workers',
  'policy',
  'window',
  'takeBackMs',
  'maxOpenConnections',
  'pickTimeoutMs',
] as const;

/** What cannot be in the file, and where it comes from. */
const NOT_ITS_OWN = { exec: "the command line's", sockets: "the service manager's" };

export type LiveSettings = Pick<Settings, (typeof LIVE)[number]>;

export class SettingsSource {
  readonly #given: StartArguments;
  readonly #env: NodeJS.ProcessEnv;
  #current: SupervisorOptions;

  /** Throws {@link ArgumentError}. */
  constructor(given: StartArguments, env: NodeJS.ProcessEnv) {
    this.#given = given;
    this.#env = env;
    this.#current = this.#read();
  }

  get current(): SupervisorOptions {
    return this.#current;
  }

  /**
   * What has changed since it took effect last; undefined stands for the default again. To be accepted
   * when it has taken effect. Throws {@link ArgumentError}.
   */
  readAgain(): Partial<SupervisorOptions> {
    return differences(this.#current, this.#read());
  }

  accept(changes: Partial<SupervisorOptions>): void {
    this.#current = { ...this.#current, ...changes };
  }

  /** Calls back when the file has changed in what takes effect at once, and with what else has. */
  watch(
    onChange: (live: LiveSettings, others: string[]) => void,
    onError: (e: Error) => void,
  ): void {
    const { configFile } = this.#given;
    if (configFile === null) return;
    watchFile(
      path.resolve(workingDirectory(), configFile),
      { interval: WATCH_MS, persistent: false },
      () => {
        try {
          const next = this.#read();
          const changes = differences(this.#current, next);
          const live = pick(changes, (key) => LIVE.includes(key as never)) as LiveSettings;
          // The rest is taken over by a reload, which compares anew.
          this.accept(live);
          onChange(
            live,
            Object.keys(changes).filter((key) => !(key in live)),
          );
        } catch (error) {
          onError(error as Error);
        }
      },
    );
  }

  #read(): SupervisorOptions {
    const { file, args, settings, configFile } = this.#given;
    const fromFile = configFile === null ? {} : readConfig(configFile);
    try {
      const options = {
        guard: true,
        ...optionsFromEnvironment(this.#env),
        ...fromFile,
        ...settings,
        ...(args.length > 0 && { args }),
        exec: file,
      };
      // A number that is no longer given is to become the default.
      const { workers } = validateSupervisorOptions(options);
      return { ...options, workers };
    } catch (error) {
      throw asArgumentError(error, settings);
    }
  }
}

function readConfig(file: string): Settings {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(path.resolve(workingDirectory(), file), 'utf8'));
  } catch (error) {
    throw new ArgumentError(`the configuration '${file}': ${(error as Error).message}`);
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new ArgumentError(`the configuration '${file}' must be an object`);
  }
  for (const [key, whose] of Object.entries(NOT_ITS_OWN)) {
    if (!(key in config)) continue;
    throw new ArgumentError(`the configuration '${file}': '${key}' is ${whose}`);
  }
  return config as Settings;
}

function differences(
  before: SupervisorOptions,
  after: SupervisorOptions,
): Partial<SupervisorOptions> {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<
    keyof SupervisorOptions
  >;
  const changed: Record<string, unknown> = {};
  for (const key of keys) {
    if (JSON.stringify(before[key]) !== JSON.stringify(after[key])) changed[key] = after[key];
  }
  return changed as Partial<SupervisorOptions>;
}

function pick(from: object, isWanted: (key: string) => boolean): object {
  return Object.fromEntries(Object.entries(from).filter(([key]) => isWanted(key)));
}
