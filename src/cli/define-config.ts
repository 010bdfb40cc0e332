/** The types of a configuration file, for those that are programs themselves. */

import type { SupervisorOptions } from '../supervisor/types.js';
import type { Policy } from '../types/policy.js';

/** What may be said of one program. */
export interface ProgramConfig extends Omit<SupervisorOptions, 'exec' | 'sockets' | 'policy'> {
  /** The program, where none is named on the command line. */
  exec?: string;
  /** As `--metrics`, which goes before it: `[HOST:]PORT`. Where there are several programs, a place for this one alone. */
  metrics?: string | number;
  /** By its name, or with its options; a function cannot be passed on. */
  policy?: Exclude<Policy, (...args: never[]) => unknown>;
}

/** Several programs, each of which has its own workers. */
export interface ProgramsConfig {
  /** By their names: 1 to 48 letters, digits, `.`, `_` and `-`, beginning with a letter or digit. */
  programs: Record<string, ProgramConfig & { exec: string }>;
  /** Whether all end when one has failed for good. Default false. */
  failTogether?: boolean;
}

/** What a configuration file of `rondo start` has. */
export type RondoConfig = ProgramConfig | ProgramsConfig;

/** What a configuration file may export as its default. */
export type RondoConfigExport = RondoConfig | (() => RondoConfig | Promise<RondoConfig>);

/**
 * Returns `config` as it is, so that an editor knows the type of what a configuration file exports:
 *
 * ```js
 * // rondo.config.mjs
 * import { defineConfig } from 'rondo';
 *
 * export default defineConfig({ exec: 'server.js', workers: 4 });
 * ```
 *
 * `rondo start --config rondo.config.mjs` reads the file in a process of its own, at the start and at each reload, so
 * that all that it imports is read anew. Its values have to be such as JSON has.
 */
export function defineConfig<const Config extends RondoConfigExport>(config: Config): Config {
  return config;
}
