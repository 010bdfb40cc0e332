/**
 * `rondo top`: what a running rondo does. Live on a terminal; printed once elsewhere. It asks the control socket, as
 * the other commands do.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { ratesBetween } from '../../control/rates.js';
import { ArgumentError } from '../arguments.js';
import { type Call, type Command, runCommand } from '../control/run-command.js';
import { Live } from './live.js';
import { type Look, plainTable } from './view.js';

const DEFAULT_SECONDS = '1';
const [LEAST_SECONDS, MOST_SECONDS] = [0.2, 60];

const TOP: Command = {
  usage: 'top [options]',
  help: `What a running rondo does, live on a terminal. Where there is none, and with --once, a table is printed; with --json,
everything that is known.

Keys: the arrows select a worker and the column to sort by, i turns the order, R restarts the worker, d drains it,
+ and - change how many there are, ? shows all keys, q ends.

  --interval SECONDS  how often it is asked, ${LEAST_SECONDS} to ${MOST_SECONDS} (default: ${DEFAULT_SECONDS})
  --once           print a table and end
`,
  words: [0, 0],
  options: { interval: { type: 'string', default: DEFAULT_SECONDS }, once: { type: 'boolean' } },
  run,
};

export const TOP_COMMAND = { top: (words: string[]) => runCommand(TOP, words) };

async function run({ client, values, print }: Call): Promise<void> {
  const intervalMs = intervalIn(String(values.interval));
  const before = await client.status();
  if (values.json === true) return print(before, '');
  const { stdin, stdout } = process;
  if (values.once !== true && isTerminal(stdin) && isTerminal(stdout)) {
    return new Live(client, intervalMs, lookOf(process.env), stdin, stdout).start();
  }
  // Rates are of the time between two snapshots.
  await delay(intervalMs);
  const now = await client.status();
  print(now, plainTable(now, ratesBetween(before, now)));
}

function intervalIn(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS) return Math.round(seconds * 1_000);
  throw new ArgumentError(
    `The option '--interval' must be a number of seconds from ${LEAST_SECONDS} to ${MOST_SECONDS}. Received '${text}'`,
  );
}

/** One that can move its cursor. */
function isTerminal(stream: ReadStream | WriteStream): boolean {
  return stream.isTTY === true && process.env['TERM'] !== 'dumb';
}

/** https://no-color.org; and the locale as setlocale(3) finds it. */
function lookOf({ NO_COLOR = '', LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): Look {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return { hasColour: NO_COLOR === '', isUtf8: /utf-?8/i.test(locale) };
}
