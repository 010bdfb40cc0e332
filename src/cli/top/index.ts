/**
 * `rondo top`: what a running rondo does. Live on a terminal; printed once elsewhere. It asks the control socket, so it
 * can be used beside anything else that does.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import type { ControlClient } from '../../control/client.js';
import { ratesBetween } from '../../control/rates.js';
import { ArgumentError } from '../arguments.js';
import { chooseTarget, TargetError } from '../control/target.js';
import { Live } from './live.js';
import type { Look } from './view.js';
import { plainTable } from './view.js';
import { parseTopWords, TOP_HELP, type TopWords } from './words.js';

const FAILED = 1;
const WRONG_USAGE = 2;
const NO_TARGET = 3;

/** Throws {@link ArgumentError}. */
export function top(words: string[]): void {
  const parsed = parseTopWords(words);
  if (parsed.isHelp) {
    process.stdout.write(TOP_HELP);
    return;
  }
  run(parsed).catch((error: Error) => {
    process.stderr.write(`rondo: ${error.message}\n`);
    process.exitCode =
      error instanceof ArgumentError
        ? WRONG_USAGE
        : error instanceof TargetError
          ? NO_TARGET
          : FAILED;
  });
}

async function run({ isOnce, isJson, intervalMs, name, control }: TopWords): Promise<void> {
  const client = await chooseTarget({ name, control });
  if (isJson) {
    process.stdout.write(`${JSON.stringify(await client.status())}\n`);
    return;
  }
  const { stdin, stdout } = process;
  if (isOnce || !isTerminal(stdin) || !isTerminal(stdout)) return printOnce(client, intervalMs);
  new Live(client, intervalMs, lookOf(process.env), stdin, stdout).start();
}

/** One that can move its cursor. */
function isTerminal(stream: ReadStream | WriteStream): boolean {
  return stream.isTTY === true && process.env['TERM'] !== 'dumb';
}

/** Rates are of the time between two questions. */
async function printOnce(client: ControlClient, intervalMs: number): Promise<void> {
  const before = await client.status();
  await delay(intervalMs);
  const now = await client.status();
  process.stdout.write(plainTable(now, ratesBetween(before, now)));
}

/** https://no-color.org; and the locale as setlocale(3) finds it. */
function lookOf({ NO_COLOR = '', LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): Look {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return { hasColour: NO_COLOR === '', isUtf8: /utf-?8/i.test(locale) };
}
