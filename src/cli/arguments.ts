/** The command line, checked. Starts nothing and reads no file. */

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { optionsFromEnvironment } from '../cluster/options.js';
import { RondoError } from '../errors.js';
import { validateDispatcherOptions } from '../options.js';
import { MOST_SLOTS } from '../protocol.js';
import type { DispatcherOptions } from '../types.js';

/** Wrong usage. The message names the option or argument. */
export class ArgumentError extends Error {}

export interface StartArguments {
  command: 'start';
  file: string;
  /** The program's own. */
  args: string[];
  workers: number;
  dispatcher: DispatcherOptions;
}

export type Arguments = { command: 'help' } | { command: 'version' } | StartArguments;

const OPTIONS = {
  workers: { type: 'string', short: 'w' },
  policy: { type: 'string' },
  window: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Throws {@link ArgumentError}. */
export function parseArguments(words: string[], env: NodeJS.ProcessEnv): Arguments {
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
    workers: numberOfWorkers(values.workers),
    dispatcher: { ...fromEnvironment(env), ...fromFlags(values) },
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

function numberOfWorkers(text: string | undefined): number {
  if (text === undefined) return Math.min(availableParallelism(), MOST_SLOTS);
  const count = toNumber(text);
  if (typeof count === 'number' && count >= 1 && count <= MOST_SLOTS) return count;
  throw new ArgumentError(
    `the option '--workers' must be an integer from 1 to ${MOST_SLOTS}. Received '${text}'`,
  );
}

function fromEnvironment(env: NodeJS.ProcessEnv): DispatcherOptions {
  try {
    return optionsFromEnvironment(env);
  } catch (error) {
    if (error instanceof RondoError) throw new ArgumentError(error.message);
    throw error;
  }
}

function fromFlags({ policy, window }: { policy?: string; window?: string }): DispatcherOptions {
  const options: Record<string, unknown> = {};
  if (policy !== undefined) options.policy = policy;
  if (window !== undefined) options.window = toNumber(window);
  try {
    validateDispatcherOptions(options);
  } catch (error) {
    if (!(error instanceof RondoError)) throw error;
    throw new ArgumentError(error.message.replace("option '", "option '--"));
  }
  return options;
}

/** The text itself, if it is none, so that the error shows it. */
function toNumber(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}
