/**
 * A command for a running rondo: its words, which rondo, what is printed, and the exit code. What each asks for is in commands.ts.
 */

import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { ControlClient } from '../../control/client.js';
import { RondoError } from '../../errors.js';
import { ArgumentError } from '../arguments.js';
import { chooseTarget, TargetError } from './target.js';

/** What a script can tell by; 0 is done. */
const FAILED = 1;
const WRONG_USAGE = 2;
const NO_TARGET = 3;

const COMMON = {
  name: { type: 'string' },
  control: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const COMMON_HELP = `  --name NAME      which rondo, where several run: as 'rondo start --name', or by its program's file
  --control PATH   or by the path of its control socket
  --json           print JSON; an error, too
  -h, --help       print this

Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 no such rondo runs, it does not answer, or several
do and none was named.
`;

export interface Call {
  client: ControlClient;
  /** The words that are no options. */
  words: string[];
  values: Record<string, string | boolean | undefined>;
  /** To stdout: `text` for people, or with --json the value. */
  print(value: unknown, text: string): void;
}

export interface Command {
  /** After `rondo `. */
  usage: string;
  /** What it does, and its own options. */
  help: string;
  /** How many words there may be. */
  words: [least: number, most: number];
  options?: NonNullable<ParseArgsConfig['options']>;
  run(call: Call): Promise<void>;
}

/** Rejects with an {@link ArgumentError}; of anything else it has told, and has set the exit code. */
export async function runCommand(command: Command, words: string[]): Promise<void> {
  const { values, positionals } = parse(command, words);
  if (values.help === true) {
    process.stdout.write(`Usage: rondo ${command.usage}\n\n${command.help}\n${COMMON_HELP}`);
    return;
  }
  const [least, most] = command.words;
  const name = command.usage.split(' ', 1)[0];
  if (positionals.length < least) throw new ArgumentError(`usage: rondo ${command.usage}`);
  if (positionals.length > most) {
    throw new ArgumentError(`${name}: unexpected '${positionals[most]}'`);
  }
  const isJson = values.json === true;
  // Whoever reads it may have enough, such as head(1).
  process.stdout.on('error', () => process.exit());
  try {
    const client = await chooseTarget({ name: text(values.name), control: text(values.control) });
    const print = (value: unknown, line: string): void => {
      process.stdout.write(isJson ? `${JSON.stringify(value)}\n` : `${line}\n`);
    };
    await command.run({ client, words: positionals, values, print });
  } catch (error) {
    if (error instanceof ArgumentError) throw error;
    tell(error as Error, isJson);
    process.exitCode = exitCodeOf(error);
  }
}

function parse({ options = {} }: Command, args: string[]) {
  try {
    const all: ParseArgsConfig['options'] = { ...COMMON, ...options };
    const { values, positionals } = parseArgs({ args, options: all, allowPositionals: true });
    return { values: values as Call['values'], positionals };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!code.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new ArgumentError(message.split('. To specify')[0]);
  }
}

function tell(error: Error, isJson: boolean): void {
  if (!isJson) {
    process.stderr.write(`rondo: ${error.message}\n`);
    return;
  }
  const { code = 'FAILED', seat, lastOutput } = error as Partial<RondoError>;
  const { message } = error;
  process.stdout.write(`${JSON.stringify({ error: { code, message, seat, lastOutput } })}\n`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof TargetError) return NO_TARGET;
  if (!(error instanceof RondoError)) return FAILED;
  switch (error.code) {
    case 'ERR_RONDO_CONTROL_GONE':
      return NO_TARGET;
    case 'ERR_RONDO_INVALID_OPTION':
    case 'ERR_RONDO_UNKNOWN_OPTION':
      return WRONG_USAGE;
    default:
      return FAILED;
  }
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
