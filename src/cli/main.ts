#!/usr/bin/env node
/**
 * The `rondo` bin: finds the command, and turns wrong usage into one line and exit code 2. What a
 * command does is in a file of its own. Where the working directory has its own copy of rondo, that one runs.
 */

import { createRequire } from 'node:module';
import { RondoError } from '../errors.js';
import { ArgumentError, parseArguments } from './arguments.js';
import { bench } from './bench.js';
import { HELP } from './help.js';
import { localBin } from './local.js';
import { start } from './start.js';

const WRONG_USAGE = 2;

function main(words: string[]): void {
  try {
    const parsed = parseArguments(words);
    switch (parsed.command) {
      case 'help':
        process.stdout.write(HELP);
        return;
      case 'version':
        process.stdout.write(`${version()}\n`);
        return;
      case 'bench':
        bench(parsed.args);
        return;
      case 'start':
        start(parsed);
        return;
    }
  } catch (error) {
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
}

function version(): string {
  const require = createRequire(import.meta.url);
  return (require('../../package.json') as { version: string }).version;
}

const local = localBin();
if (local === null) main(process.argv.slice(2));
else await import(local);
