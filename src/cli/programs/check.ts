/** All programs of a configuration are looked at before anything is done with any of them. */

import { validate } from '../../supervisor/program.js';
import type { StartArguments } from '../arguments.js';
import type { Config } from '../config-file.js';
import { SettingsSource } from '../settings.js';

export function namesIn({ programs }: Config): string[] {
  return [...(programs ?? new Map<string, unknown>()).keys()];
}

/** But for what only a worker can find out. Throws {@link ArgumentError}, which names the program. */
export function checkPrograms(given: StartArguments, config: Config, env: NodeJS.ProcessEnv): void {
  for (const program of namesIn(config)) {
    const settings = new SettingsSource({ ...given, program }, env, config);
    try {
      validate(settings.current);
    } catch (error) {
      throw settings.explain(error);
    }
  }
}
