/** The command line, checked. Starts nothing and reads no file. */

import { parseArgs } from 'node:util';
import { RondoError } from '../errors.js';
import type { SupervisorOptions } from '../supervisor/types.js';
import { type MetricsAddress, parseMetricsAddress } from './metrics-address.js';

/** Wrong usage. The message names the option or argument. */
export class ArgumentError extends Error {}

/** What a Supervisor is told, apart from the program. */
export type Settings = Partial<Omit<SupervisorOptions, 'exec' | 'args'>>;

/** Of `--watch`. */
export interface WatchArguments {
  /** None: what the program has loaded. */
  paths: string[];
  /** Patterns. */
  ignore: string[];
}

export interface StartArguments {
  command: 'start';
  /** Null where the configuration has it. */
  file: string | null;
  /** The program's own. */
  args: string[];
  settings: Settings;
  configFile: string | null;
  pidFile: string | null;
  /** Where the control socket is to be, or `off`; null for the default place. */
  control: string | null;
  name: string | null;
  metrics: MetricsAddress | null;
  /** systemd is to keep the listening sockets, though it does not say that it can. */
  storesSockets: boolean;
  isJson: boolean;
  /** Of log lines for people. */
  hasTime: boolean;
  logFile: string | null;
  watch: WatchArguments | null;
  /** Of several in the configuration, the one to run. */
  program: string | null;
  /** Of several: all end when one has failed for good. */
  failTogether: boolean;
  /** All flags, as they were given. */
  flags: Array<{ name: string; value: string | undefined }>;
}

export type Arguments = { command: 'help' } | { command: 'version' } | StartArguments;

/** Flags with a value that is a Supervisor's option. */
export const SETTING_FLAGS = {
  workers: { option: 'workers', isNumber: true },
  policy: { option: 'policy', isNumber: false },
  window: { option: 'window', isNumber: true },
  rebalance: { option: 'rebalance', isNumber: false },
  sticky: { option: 'sticky', isNumber: false },
  'ready-when': { option: 'readyWhen', isNumber: false },
  'start-timeout': { option: 'startTimeoutMs', isNumber: true },
  'max-restarts': { option: 'maxRestarts', isNumber: true },
  'min-uptime': { option: 'minUptimeMs', isNumber: true },
  'idle-grace': { option: 'idleGraceMs', isNumber: true },
  'drain-timeout': { option: 'drainTimeoutMs', isNumber: true },
  'handler-timeout': { option: 'handlerTimeoutMs', isNumber: true },
  'kill-timeout': { option: 'killTimeoutMs', isNumber: true },
  'stop-delay': { option: 'stopDelayMs', isNumber: true },
  'hang-timeout': { option: 'hangTimeoutMs', isNumber: true },
  'max-connections': { option: 'maxConnections', isNumber: true },
  'max-age': { option: 'maxAgeMs', isNumber: true },
  'max-memory': { option: 'maxMemoryMb', isNumber: true },
  'upgrade-timeout': { option: 'upgradeTimeoutMs', isNumber: true },
  parallel: { option: 'parallel', isNumber: true },
  agent: { option: 'agent', isNumber: false },
  'proxy-protocol': { option: 'proxyProtocol', isNumber: false },
} as const satisfies Record<string, { option: keyof Settings; isNumber: boolean }>;

/** Flags that may be repeated, each with the list of texts that is a Supervisor's option. */
export const LIST_FLAGS = {
  require: { option: 'require' },
  import: { option: 'import' },
  'node-arg': { option: 'nodeArgs' },
  'env-file': { option: 'envFile' },
  'env-file-if-exists': { option: 'envFile' },
} as const satisfies Record<string, { option: keyof Settings }>;

type SettingFlag = keyof typeof SETTING_FLAGS;

const OPTIONS = {
  ...(Object.fromEntries(
    Object.keys(SETTING_FLAGS).map((flag) => [flag, { type: 'string' }]),
  ) as Record<SettingFlag, { type: 'string'; short?: string }>),
  workers: { type: 'string', short: 'w' },
  require: { type: 'string', short: 'r', multiple: true },
  import: { type: 'string', multiple: true },
  'node-arg': { type: 'string', multiple: true },
  'env-file': { type: 'string', multiple: true },
  'env-file-if-exists': { type: 'string', multiple: true },
  config: { type: 'string' },
  pidfile: { type: 'string' },
  control: { type: 'string' },
  name: { type: 'string' },
  metrics: { type: 'string' },
  'fd-store': { type: 'boolean' },
  json: { type: 'boolean' },
  log: { type: 'string' },
  'no-time': { type: 'boolean' },
  watch: { type: 'string', multiple: true },
  'watch-ignore': { type: 'string', multiple: true },
  program: { type: 'string' },
  'fail-together': { type: 'boolean' },
  'no-guard': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Throws {@link ArgumentError}. Values are checked with everything else; see settings.ts. */
export function parseArguments(words: string[]): Arguments {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const args = end < 0 ? [] : words.slice(end + 1);
  const { values, positionals, tokens } = parse(own.flatMap(completeWord));
  if (values.help === true) return { command: 'help' };
  if (values.version === true) return { command: 'version' };
  const [command, file, ...more] = positionals;
  if (command === undefined) throw new ArgumentError('a command is missing');
  if (command !== 'start') throw new ArgumentError(`there is no command '${command}'`);
  if (file === undefined && values.config === undefined) {
    throw new ArgumentError('start: the file to run is missing');
  }
  if (more.length > 0) {
    throw new ArgumentError(`start: unexpected '${more[0]}'; the program's arguments go after --`);
  }
  return {
    command,
    file: file ?? null,
    args,
    settings: { ...settingsOf(values), ...listsOf(tokens) },
    configFile: values.config ?? null,
    pidFile: values.pidfile ?? null,
    control: values.control ?? null,
    name: values.name ?? null,
    metrics: metricsOf(values.metrics),
    storesSockets: values['fd-store'] === true,
    isJson: values.json === true,
    hasTime: values['no-time'] !== true,
    logFile: values.log ?? null,
    watch: watchOf(values),
    program: values.program ?? null,
    failTogether: values['fail-together'] === true,
    flags: flagsOf(tokens),
  };
}

/** What parseArgs() does not know: a value that begins with a dash, and a flag with a value or without. */
function completeWord(word: string, index: number, words: readonly string[]): string[] {
  if (words[index - 1] === '--node-arg') return [];
  if (word === '--watch') return ['--watch='];
  return word === '--node-arg' && index + 1 < words.length
    ? [`${word}=${words[index + 1]}`]
    : [word];
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true, tokens: true });
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

function watchOf(values: ReturnType<typeof parse>['values']): WatchArguments | null {
  const { watch, 'watch-ignore': ignore = [] } = values;
  if (watch === undefined && ignore.length > 0)
    throw new ArgumentError("'--watch-ignore' needs '--watch'");
  if (watch === undefined) return null;
  const paths = watch.flatMap((list) => list.split(',')).filter((name) => name !== '');
  return { paths, ignore };
}

export function isFlag(name: string): boolean {
  return Object.hasOwn(OPTIONS, name);
}

function flagsOf(tokens: ReturnType<typeof parse>['tokens']): StartArguments['flags'] {
  return tokens.flatMap((token) =>
    token.kind === 'option' ? [{ name: token.name, value: token.value }] : [],
  );
}

/** In the order in which they were given. */
function listsOf(tokens: ReturnType<typeof parse>['tokens']): Settings {
  const lists: Record<string, unknown[]> = {};
  for (const token of tokens) {
    if (token.kind !== 'option' || !Object.hasOwn(LIST_FLAGS, token.name)) continue;
    const { option } = LIST_FLAGS[token.name as keyof typeof LIST_FLAGS];
    const isOptional = token.name === 'env-file-if-exists';
    lists[option] ??= [];
    lists[option].push(isOptional ? { file: token.value, ifExists: true } : token.value);
  }
  return lists as Settings;
}

/** The error of an option, with the name that it has on the command line if it came from there. */
export function asArgumentError(error: unknown, settings: Settings): unknown {
  if (!(error instanceof RondoError)) return error;
  const { option } = error;
  const flags = Object.entries({ ...SETTING_FLAGS, ...LIST_FLAGS });
  const flag = flags.find(([, entry]) => entry.option === option)?.[0];
  if (option === undefined || flag === undefined || !(option in settings)) {
    return new ArgumentError(error.message);
  }
  return new ArgumentError(error.message.replace(`option '${option}'`, `option '--${flag}'`));
}
