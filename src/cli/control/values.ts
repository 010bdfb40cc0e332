/** Numbers and `key=value` of a command line. What they may be is checked by the rondo that runs. */

import { ArgumentError } from '../arguments.js';

/** Throws {@link ArgumentError}. */
export function integerIn(
  name: string,
  text: string | boolean | undefined,
  most: number | null = null,
): number {
  const number = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= (most ?? number)) return number;
  const expected = most === null ? 'an integer' : `an integer from 0 to ${most}`;
  throw new ArgumentError(`${name} must be ${expected}. Received '${text}'`);
}

/** Throws {@link ArgumentError}. */
export function changesIn(words: readonly string[]): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  for (const word of words) {
    const [, key, value] = /^([A-Za-z]+)=(.*)$/s.exec(word) ?? [];
    if (key === undefined || value === undefined) {
      throw new ArgumentError(`set: '${word}' must be key=value`);
    }
    if (Object.hasOwn(changes, key)) throw new ArgumentError(`set: '${key}' is given twice`);
    changes[key] = parsedValue(value);
  }
  return changes;
}

/** A text that is no number and no JSON stays one, so that the error shows it. */
function parsedValue(text: string): unknown {
  if (text === 'none') return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
