/**
 * What `rondo start` tells its Supervisor: by the environment (RONDO_POLICY, …), by the file of
 * `--config`, and by flags; a later one goes before an earlier one. The file can be read again.
 */

import { watchFile } from 'node:fs';
import path from 'node:path';
import { optionsFromEnvironment } from '../cluster/options.js';
import type { RondoError } from '../errors.js';
import { validateSupervisorOptions } from '../supervisor/options.js';
import { workingDirectory } from '../supervisor/program.js';
import type { DealingChanges, SupervisorOptions } from '../supervisor/types.js';
import { ArgumentError, asArgumentError, type Settings, type StartArguments } from './arguments.js';
import { type Config, configError, type ProgramSettings, readConfig } from './config-file.js';
import { type MetricsAddress, parseMetricsAddress } from './metrics-address.js';
import { watchPreload } from './watch/watch.js';

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
  'rebalance',
  'proxyProtocol',
] as const;

/** What a supervisor has from its start to its end. */
const START_ONLY = ['agent', 'transport', 'sticky'] as const;

export type LiveSettings = Pick<Settings, (typeof LIVE)[number]>;

export class SettingsSource {
  readonly #given: StartArguments;
  readonly #env: NodeJS.ProcessEnv;
  #current: SupervisorOptions;
  /** What the file had when it was read last. */
  #fromFile: ProgramSettings = {};
  #metrics: MetricsAddress | null = null;
  readonly #servedMetrics: string;

  /** `config`: what is in the file, if that has just been read. Throws {@link ArgumentError}. */
  constructor(given: StartArguments, env: NodeJS.ProcessEnv, config: Config | null = null) {
    this.#given = given;
    this.#env = env;
    this.#current = this.#read(config);
    this.#servedMetrics = JSON.stringify(this.metrics);
  }

  get current(): SupervisorOptions {
    return this.#current;
  }

  /** Where the program's metrics are served; of the file, when it was read last. */
  get metrics(): MetricsAddress | null {
    return this.#given.metrics ?? this.#metrics;
  }

  /** Whether the file names another place for metrics than the one where they are served. */
  get hasOtherMetrics(): boolean {
    return JSON.stringify(this.metrics) !== this.#servedMetrics;
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

  /** The error of an option, with its name as a flag, or with the file that it is in. */
  explain(error: unknown): unknown {
    const { settings, configFile } = this.#given;
    const [option = ''] = ((error as RondoError).option ?? '').split('.');
    if (configFile === null || option in settings || !Object.hasOwn(this.#fromFile, option)) {
      return asArgumentError(error, settings);
    }
    const of = this.#given.program === null ? '' : `'programs.${this.#given.program}': `;
    return configError(configFile, `${of}${(error as RondoError).message}`);
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

  #read(config: Config | null = null): SupervisorOptions {
    const { args, settings } = this.#given;
    const { exec, metrics, ...fromFile } = this.#settingsIn(config);
    this.#metrics = this.#metricsOf(metrics);
    this.#fromFile = { ...fromFile, ...(exec !== undefined && { exec }) };
    try {
      const options: SupervisorOptions = {
        guard: true,
        ...optionsFromEnvironment(this.#env),
        ...fromFile,
        ...settings,
        ...(args.length > 0 && { args }),
        exec: this.#execOf(exec),
      };
      const preload = watchPreload(this.#given.watch);
      // After those of the user, which are loaded as without it.
      if (preload !== null) options.require = [options.require ?? [], preload].flat();
      // A number that is no longer given is to become the default.
      const { workers } = validateSupervisorOptions(options);
      return { ...options, workers };
    } catch (error) {
      throw this.explain(error);
    }
  }

  #settingsIn(config: Config | null): ProgramSettings {
    const { file, configFile, program } = this.#given;
    if (configFile === null) {
      if (program === null) return {};
      throw new ArgumentError("'--program' is for a configuration with several programs");
    }
    const { settings, programs } = config ?? readConfig(configFile);
    if (programs === null) {
      if (program === null) return settings;
      throw configError(configFile, `it has one program, and none of the name '${program}'`);
    }
    if (file !== null) {
      throw configError(configFile, `it has its programs, so '${file}' is one too many`);
    }
    const own = programs.get(program ?? '');
    if (own !== undefined) return own;
    const names = [...programs.keys()].join(', ');
    if (program === null) {
      throw configError(
        configFile,
        'it has several programs now; only a new start takes that over',
      );
    }
    throw configError(configFile, `there is no program '${program}'; its programs are ${names}`);
  }

  #metricsOf(metrics: string | number | undefined): MetricsAddress | null {
    if (metrics === undefined) return null;
    const { configFile, program } = this.#given;
    const address = parseMetricsAddress(String(metrics));
    if (address !== null) return address;
    const key = program === null ? 'metrics' : `programs.${program}.metrics`;
    throw configError(
      configFile ?? '',
      `'${key}' must be [HOST:]PORT, IPv6 in brackets. Received '${metrics}'`,
    );
  }

  #execOf(exec: string | undefined): string {
    const { file, configFile } = this.#given;
    if (file !== null && exec !== undefined) {
      throw configError(configFile ?? '', "'exec' is the command line's, as that has a file");
    }
    const found = file ?? exec;
    if (found !== undefined) return found;
    throw new ArgumentError(
      "start: the file to run is missing, and the configuration has no 'exec'",
    );
  }
}

/** Those of the keys that only a new start takes over. */
export function startOnlyOf(keys: readonly string[]): Array<(typeof START_ONLY)[number]> {
  return START_ONLY.filter((key) => keys.includes(key));
}

/** Those of the changes that `supervisor.configure()` takes. */
export function dealingIn(changes: Partial<SupervisorOptions>): DealingChanges {
  return pick(changes, (key) => key !== 'workers' && LIVE.includes(key as never));
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
