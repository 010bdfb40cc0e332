/** All programs of a configuration are looked at before anything is done with any of them. */

import { validate } from '../../supervisor/program.js';
import type { StartArguments } from '../arguments.js';
import { type Config, configError } from '../config-file.js';
import { SettingsSource } from '../settings.js';

export function namesIn({ programs }: Config): string[] {
  return [...(programs ?? new Map<string, unknown>()).keys()];
}

/** But for what only a worker can find out. Throws {@link ArgumentError}, which names the program. */
export function checkPrograms(given: StartArguments, config: Config, env: NodeJS.ProcessEnv): void {
  const places = new Map<string, string>();
  if (given.metrics !== null) places.set(textOf(given.metrics), '--metrics');
  for (const program of namesIn(config)) {
    const settings = new SettingsSource({ ...given, program, metrics: null }, env, config);
    try {
      validate(settings.current);
    } catch (error) {
      throw settings.explain(error);
    }
    if (settings.metrics === null || settings.metrics.port === 0) continue;
    const place = textOf(settings.metrics);
    const key = `programs.${program}.metrics`;
    const taken = places.get(place);
    if (taken !== undefined) {
      throw configError(given.configFile ?? '', `'${key}' is ${place}, as '${taken}' is`);
    }
    places.set(place, key);
  }
}

function textOf({ host, port }: { host: string; port: number }): string {
  return `${host}:${port}`;
}
