/** The words of `rondo top`, checked. */

import { parseArgs } from 'node:util';
import { ArgumentError } from '../arguments.js';
import type { TargetWords } from '../control/target.js';

export interface TopWords extends TargetWords {
  isHelp: boolean;
  isOnce: boolean;
  isJson: boolean;
  intervalMs: number;
}

const DEFAULT_SECONDS = '1';
const [LEAST_SECONDS, MOST_SECONDS] = [0.2, 60];

export const TOP_HELP = `Usage: rondo top [options]

What a running rondo is doing, live in a terminal; printed once where there is none.

Options:
      --name NAME         which one, where several run
      --control PATH      the same by its control socket
      --interval SECONDS  how often it is asked, ${LEAST_SECONDS} to ${MOST_SECONDS} (default: ${DEFAULT_SECONDS})
      --once              print a table and end
      --json              print everything that is known, as JSON, and end
  -h, --help              print this

Keys: the arrows select a worker and the column to sort by, i turns the order, R restarts the worker, d drains it,
+ and - change how many there are, ? shows all keys, q ends.
`;

/** Throws {@link ArgumentError}. */
export function parseTopWords(words: string[]): TopWords {
  const { values, positionals } = parse(words);
  const [unexpected] = positionals;
  if (unexpected !== undefined) throw new ArgumentError(`top: unexpected '${unexpected}'`);
  return {
    name: values.name,
    control: values.control,
    isHelp: values.help === true,
    isOnce: values.once === true,
    isJson: values.json === true,
    intervalMs: intervalOf(values.interval ?? DEFAULT_SECONDS),
  };
}

function parse(words: string[]) {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        control: { type: 'string' },
        interval: { type: 'string' },
        once: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!code.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new ArgumentError(`top: ${message.split('. To specify')[0]}`);
  }
}

function intervalOf(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS) return Math.round(seconds * 1_000);
  throw new ArgumentError(
    `The option '--interval' must be a number of seconds from ${LEAST_SECONDS} to ${MOST_SECONDS}. Received '${text}'`,
  );
}
