/**
 * Where the program of the workers is. Its path, and the working directory, are kept as the user named
 * them, so that a link in them that is turned to the next release leads there from then on.
 */

import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { invalidOption, RondoError } from '../errors.js';
import { createRequire } from '../lazy.js';
import { withheldFrom } from './env-files.js';
import type { Machine } from './machine.js';
import { checkModules, checkWords, wordsOf } from './node-args.js';
import { type ValidSupervisorOptions, validateSupervisorOptions } from './options.js';
import type { SupervisorOptions } from './types.js';
import { typeScriptWords } from './typescript.js';
import { readEnvFiles, variablesFor } from './variables.js';

let known = { cwd: '', name: '' };

/**
 * The working directory by the name that it had when it was asked for first: `PWD` where that leads to it,
 * as a shell sets it, which may go through links. Later it is not looked at again: a link may have been
 * turned, and the directory itself removed.
 */
export function workingDirectory(): string {
  // Node keeps it, so that it is there when the directory is gone; chdir() makes it another one.
  const cwd = process.cwd();
  if (cwd !== known.cwd) known = { cwd, name: nameOf(cwd, process.env.PWD) };
  return known.name;
}

function nameOf(cwd: string, name = ''): string {
  return path.isAbsolute(name) && isSame(cwd, name) ? path.normalize(name) : cwd;
}

function isSame(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one, { bigint: true }), statSync(other, { bigint: true })];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

/**
 * With the paths made absolute, and the program found as `node` would find it. The program and the working
 * directory are without links: workers that start before the next reload are of this release.
 */
export function validate(options: SupervisorOptions, its?: Machine): ValidSupervisorOptions {
  const valid = validateSupervisorOptions(options, its);
  const directory = workingDirectory();
  const agent = valid.agent === null ? null : path.resolve(directory, valid.agent);
  const exec = find(path.resolve(directory, valid.exec), options.exec);
  const cwd = realDirectory(directory);
  const fileEnv = readEnvFiles(valid.envFile, directory);
  return {
    ...valid,
    agent,
    exec,
    cwd,
    fileEnv,
    ...nodeOptionsOf({ ...valid, agent, exec, cwd, fileEnv }),
  };
}

/** All options of Node that workers and the agent get, checked. */
function nodeOptionsOf(
  valid: ValidSupervisorOptions,
): Pick<ValidSupervisorOptions, 'execArgv' | 'agentArgv'> {
  const { exec, agent, cwd, envFile, fileEnv, env } = valid;
  const own = wordsOf(valid);
  const execArgv = [...valid.execArgv, ...own];
  const variables = {
    ...process.env,
    ...variablesFor(fileEnv, withheldFrom(execArgv, envFile)),
    ...env,
  };
  checkWords(execArgv, variables, cwd);
  checkModules(valid, cwd);
  const wordsFor = (file: string, words: string[]): string[] => [
    ...words,
    ...typeScriptWords(file, words, variables.NODE_OPTIONS),
  ];
  return {
    execArgv: wordsFor(exec, execArgv),
    agentArgv: wordsFor(agent ?? '', [...process.execArgv, ...own]),
  };
}

function realDirectory(name: string): string {
  try {
    return realpathSync(name);
  } catch {
    const text = `The working directory '${name}' does not exist`;
    throw new RondoError('ERR_RONDO_INVALID_OPTION', text);
  }
}

/** `given` is for the error. */
function find(exec: string, given: string): string {
  try {
    // A path that was resolved before is not looked at again, and a link in it may have been turned.
    const real = path.join(realpathSync(path.dirname(exec)), path.basename(exec));
    const program = existsSync(real) ? realpathSync(real) : real;
    return createRequire(program).resolve(program);
  } catch {
    throw invalidOption('exec', 'an existing program', given);
  }
}
