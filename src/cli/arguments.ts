/** The command line, checked. Starts nothing and reads no file. */

import { parseArgs } from 'node:util';
import { RondoError } from '../errors.js';
import type { SupervisorOptions } from '../supervisor/types.js';
import { type MetricsAddress, parseMetricsAddress } from './metrics-address.js';

/** Wrong usage. The message names the option or argument. */
export class ArgumentError extends Error {}

/** What a Supervisor is told, apart from the program. */
export type Settings = Partial<Omit<SupervisorOptions, 'exec' | 'args'>>;

export interface StartArguments {
  command: 'start';
  file: string;
  /** The program's own. */
  args: string[];
  settings: Settings;
  configFile: string | null;
  pidFile: string | null;
  metrics: MetricsAddress | null;
  isJson: boolean;
}

export type Arguments = { command: 'help' } | { command: 'version' } | StartArguments;

/** Flags with a value that is a Supervisor's option. */
export const SETTING_FLAGS = {
  workers: { option: 'workers', isNumber: true },
  policy: { option: 'policy', isNumber: false },
  window: { option: 'window', isNumber: true },
  'ready-when': { option: 'readyWhen', isNumber: false },
  'start-timeout': { option: 'startTimeoutMs', isNumber: true },
  'max-restarts': { option: 'maxRestarts', isNumber: true },
  'min-uptime': { option: 'minUptimeMs', isNumber: true },
  'idle-grace': { option: 'idleGraceMs', isNumber: true },
  'drain-timeout': { option: 'drainTimeoutMs', isNumber: true },
  'handler-timeout': { option: 'handlerTimeoutMs', isNumber: true },
  'kill-timeout': { option: 'killTimeoutMs', isNumber: true },
  'hang-timeout': { option: 'hangTimeoutMs', isNumber: true },
  'max-connections': { option: 'maxConnections', isNumber: true },
  'max-age': { option: 'maxAgeMs', isNumber: true },
  'max-memory': { option: 'maxMemoryMb', isNumber: true },
  parallel: { option: 'parallel', isNumber: true },
  agent: { option: 'agent', isNumber: false },
} as const satisfies Record<string, { option: keyof Settings; isNumber: boolean }>;

type SettingFlag = keyof typeof SETTING_FLAGS;

const OPTIONS = {
  ...(Object.fromEntries(
    Object.keys(SETTING_FLAGS).map((flag) => [flag, { type: 'string' }]),
  ) as Record<SettingFlag, { type: 'string'; short?: string }>),
  workers: { type: 'string', short: 'w' },
  config: { type: 'string' },
  pidfile: { type: 'string' },
  metrics: { type: 'string' },
  json: { type: 'boolean' },
  'no-guard': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Throws {@link ArgumentError}. Values are checked with everything else; see settings.ts. */
export function parseArguments(words: string[]): Arguments {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const args = end < 0 ? [] : words.slice(end + 1);
  const { values, positionals } = parse(own);
  if (values.help === true) return { command: 'help' };
  if (values.version === true) return { command: 'version' };
  const [command, file, ...more] = positionals;
  if (command === undefined) throw new ArgumentError('a command is missing');
  if (command !== 'start') throw new ArgumentError(`there is no command '${command}'`);
  if (file === undefined) throw new ArgumentError('start: the file to run is missing');
  if (more.length > 0) {
    throw new ArgumentError(`start: unexpected '${more[0]}'; the program's arguments go after --`);
  }
  return {
    command,
    file,
    args,
    settings: settingsOf(values),
    configFile: values.config ?? null,
    pidFile: values.pidfile ?? null,
    metrics: metricsOf(values.metrics),
    isJson: values.json === true,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!code.startsWith('ERR_PARSE_ARGS')) throw error;
    // Node goes on with advice about positional arguments that would not help here.
    throw new ArgumentError(message.split('. To specify')[0]);
  }
}

function metricsOf(text: string | undefined): MetricsAddress | null {
  if (text === undefined) return null;
  const address = parseMetricsAddress(text);
  if (address !== null) return address;
  throw new ArgumentError(`--metrics must be [HOST:]PORT, IPv6 in brackets. Received '${text}'`);
}

function settingsOf(values: ReturnType<typeof parse>['values']): Settings {
  const settings: Record<string, unknown> = {};
  for (const [flag, { option, isNumber }] of Object.entries(SETTING_FLAGS)) {
    const text = values[flag as SettingFlag];
    if (text === undefined) continue;
    // A text that is none stays one, so that the error shows it.
    settings[option] = isNumber && /^\d+$/.test(text) ? Number(text) : text;
  }
  if (values['no-guard'] === true) settings.guard = false;
  return settings as Settings;
}

/** The error of an option, with the name that it has on the command line if it came from there. */
export function asArgumentError(error: unknown, settings: Settings): unknown {
  if (!(error instanceof RondoError)) return error;
  const { option } = error;
  const flag = Object.entries(SETTING_FLAGS).find(([, entry]) => entry.option === option)?.[0];
  if (option === undefined || flag === undefined || !(option in settings)) {
    return new ArgumentError(error.message);
  }
  return new ArgumentError(error.message.replace(`option '${option}'`, `option '--${flag}'`));
}
