/**
 * The variables of `envFile`: read by the primary at the start and at each reload, for the workers and the
 * agent. The syntax is that of Node's `--env-file`, and so is what goes before what: a later file before an
 * earlier one, and what the primary was started with before all files.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { invalidOption, RondoError } from '../errors.js';
import { checkKeys } from '../options.js';
import type { EnvFile } from './types.js';

const KEYS: Record<keyof EnvFile, true> = { file: true, ifExists: true };

/** Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`. */
export function validateEnvFiles(value: unknown): Required<EnvFile>[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map((entry: unknown) => {
    const one = typeof entry === 'string' ? { file: entry } : entry;
    if (typeof one !== 'object' || one === null || Array.isArray(one)) {
      throw invalidOption('envFile', 'a file name, or a list of them', entry);
    }
    checkKeys('envFile', one, KEYS, ' of envFile');
    const { file, ifExists = false } = one as Partial<EnvFile>;
    if (typeof file !== 'string' || file === '') {
      throw invalidOption('envFile', 'a file name, or a list of them', file);
    }
    if (typeof ifExists !== 'boolean') throw invalidOption('ifExists', 'a boolean', ifExists);
    return { file, ifExists };
  });
}

/** Relative to `directory`. Throws `ERR_RONDO_INVALID_OPTION` for a file that cannot be read. */
export function readEnvFiles(
  files: readonly Required<EnvFile>[],
  directory: string,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { file, ifExists } of files) {
    try {
      Object.assign(variables, parseEnv(readFileSync(path.resolve(directory, file), 'utf8')));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (ifExists && code === 'ENOENT') continue;
      throw fileError(file, `cannot be read: ${message}`);
    }
    const wrong = Object.keys(variables).find((name) => `${name}${variables[name]}`.includes('\0'));
    if (wrong !== undefined)
      throw fileError(file, `has a null character in ${JSON.stringify(wrong)}`);
  }
  return variables;
}

/** Those that the environment of this process, without `withheld`, does not have. */
export function variablesFor(
  fileEnv: Readonly<Record<string, string>>,
  withheld: Readonly<Record<string, undefined>>,
): Record<string, string> {
  const isFree = (name: string): boolean =>
    process.env[name] === undefined || Object.hasOwn(withheld, name);
  return Object.fromEntries(Object.entries(fileEnv).filter(([name]) => isFree(name)));
}

function fileError(file: string, what: string): RondoError {
  return new RondoError(
    'ERR_RONDO_INVALID_OPTION',
    `The option 'envFile' must be a readable file: '${file}' ${what}`,
    { option: 'envFile', expected: 'a readable file', received: file },
  );
}
