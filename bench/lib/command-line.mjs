// What the command lines of the programs here and in ../../chaos have in common.
import { parseArgs } from 'node:util';

/** A command line that says something impossible. */
export class UsageError extends Error {}

/**
 * As parseArgs has it, with what is wrong as a UsageError. What is no option is a positional, and the
 * caller's to judge.
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} O
 * @param {string[]} args
 * @param {O} options
 */
export function parse(args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * The options of a command that takes nothing else.
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} O
 * @param {string[]} args
 * @param {O} options
 */
export function parseOnlyOptions(args, options) {
  const { values, positionals } = parse(args, options);
  if (positionals.length > 0) throw new UsageError(`unexpected '${positionals[0]}'`);
  return values;
}

/**
 * @param {string} option
 * @param {string} text
 * @param {number} min
 * @param {number} max
 */
export function wholeNumber(option, text, min, max) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`${option} must be a whole number from ${min} to ${max}, not '${text}'`);
  }
  return value;
}
