/**
 * What every check of options uses, and those of `attach()`. Every message names the option and the value
 * received. Small, because each worker loads it; what a primary takes is checked in dispatcher/options.ts.
 */

import { invalidOption, RondoError } from './errors.js';
import { LONGEST_NAME } from './protocol/protocol.js';
import type { AttachOptions } from './types/worker.js';

/** All keys of an options object. */
export type Keys<Options> = Record<keyof Options, true>;

const ATTACH_KEYS: Keys<AttachOptions> = { listener: true };

export function validateAttachOptions(options: AttachOptions): { listener: string | null } {
  checkKeys('options', options, ATTACH_KEYS);
  if (options.listener === undefined) return { listener: null };
  checkName('listener', options.listener);
  return { listener: options.listener };
}

/** `of` says whose options they are, where that is not plain. */
export function checkKeys(
  name: string,
  options: unknown,
  known: Record<string, true>,
  of = '',
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidOption(name, 'an object', options);
  }
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(known, key)) continue;
    throw new RondoError(
      'ERR_RONDO_UNKNOWN_OPTION',
      `There is no option '${key}'${of}. Known are: ${Object.keys(known).join(', ')}`,
      { option: key },
    );
  }
}

export function checkInteger(
  name: string,
  value: unknown,
  min: number,
  max: number,
  or = '',
): void {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return;
  throw invalidOption(name, `${or}an integer from ${min} to ${max}`, value);
}

export function checkNumber(name: string, value: unknown, min: number, max: number): void {
  // NaN is in no range.
  if (typeof value === 'number' && value >= min && value <= max) return;
  throw invalidOption(name, `a number from ${min} to ${max}`, value);
}

export function checkOneOf(name: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  throw invalidOption(name, `one of ${quoted(choices)}`, value);
}

/** `'a', 'b'` */
export function quoted(choices: readonly string[]): string {
  return choices.map((choice) => `'${choice}'`).join(', ');
}

export function checkName(name: string, value: unknown): void {
  if (typeof value === 'string' && value.length >= 1 && value.length <= LONGEST_NAME) return;
  throw invalidOption(name, `a string of 1 to ${LONGEST_NAME} characters`, value);
}
