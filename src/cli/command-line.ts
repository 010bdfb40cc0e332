/**
 * The command line of `rondo`: finds the command, and turns wrong usage into one line and exit code 2. What a
 * command does is in a file of its own.
 */

import { pathToFileURL } from 'node:url';
import { RondoError } from '../errors.js';
import { VERSION } from '../version.js';
import { ArgumentError, parseArguments, type StartArguments } from './arguments.js';
import { bench } from './bench.js';
import { CONTROL_COMMANDS } from './control/commands.js';
import { HELP } from './help.js';
import { localBin } from './local.js';
import { start } from './start.js';
import { TOP_COMMAND } from './top/command.js';

const WRONG_USAGE = 2;

/** Commands that parse the words after their name themselves. What each does is in a file of its own. */
const COMMANDS: Record<string, (words: string[]) => void | Promise<void>> = {
  bench,
  ...CONTROL_COMMANDS,
  ...TOP_COMMAND,
};

function main(words: string[]): void {
  try {
    const [name = ''] = words;
    if (Object.hasOwn(COMMANDS, name)) {
      return void Promise.resolve(COMMANDS[name]?.(words.slice(1))).catch(fail);
    }
    const parsed = parse(words);
    switch (parsed.command) {
      case 'help':
        process.stdout.write(HELP);
        return;
      case 'version':
        process.stdout.write(`${VERSION}\n`);
        return;
      case 'start':
        startHereOr(localBin(parsed.file ?? parsed.configFile ?? ''), parsed);
        return;
    }
  } catch (error) {
    fail(error);
  }
}

function parse(words: string[]): ReturnType<typeof parseArguments> {
  try {
    return parseArguments(words);
  } catch (error) {
    const [name = ''] = words;
    const late = words.find((word) => Object.hasOwn(COMMANDS, word));
    if (late === undefined || !name.startsWith('-') || words.includes('start')) throw error;
    throw new ArgumentError(`the options of '${late}' come after it: rondo ${late} [options]`);
  }
}

function fail(error: unknown): void {
  if (error instanceof ArgumentError) {
    process.stderr.write(`rondo: ${error.message}\nTry 'rondo --help'.\n`);
    process.exitCode = WRONG_USAGE;
  } else if (error instanceof RondoError) {
    process.stderr.write(`rondo: ${error.message}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}

function startHereOr(bin: string | null, parsed: StartArguments): void {
  if (bin === null) return void start(parsed).catch(fail);
  process.argv[1] = bin;
  void import(pathToFileURL(bin).href);
}

main(process.argv.slice(2));
