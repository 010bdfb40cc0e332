/**
 * How this process was started, to do the same again: by the names that were used then, so that links which
 * lead to another Node, rondo or program by now are followed.
 */

import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { withheldFrom } from '../env-files.js';
import { workingDirectory } from '../program.js';

export interface Command {
  file: string;
  argv0: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** Of its command line, before anybody sets `process.title`. Null where that cannot be seen. */
const script = scriptOf(commandLine());

export function sameCommand(): Command {
  const { argv0, execArgv, argv, env } = process;
  const cwd = workingDirectory();
  return {
    file: findNode(argv0, cwd),
    argv0,
    args: [...execArgv, findScript(cwd), ...argv.slice(2)],
    cwd,
    // Files of --env-file are read by the new process itself, as they are by then.
    env: { ...env, ...withheldFrom(execArgv) },
  };
}

/** By its name, through PATH; the very file of this process where that leads nowhere, as for a name of its own. */
function findNode(argv0: string, cwd: string): string {
  if (argv0.includes(path.sep)) return path.resolve(cwd, argv0);
  const found = (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((directory) => path.resolve(cwd, directory, argv0))
    .find(isExecutable);
  return found ?? process.execPath;
}

/** Node has made it absolute by the working directory without its links. */
function findScript(cwd: string): string {
  if (script !== null) return path.resolve(cwd, script);
  const [, file = ''] = process.argv;
  const within = path.relative(process.cwd(), file);
  return within.startsWith('..') || path.isAbsolute(within) ? file : path.join(cwd, within);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function commandLine(): string[] {
  try {
    return readFileSync('/proc/self/cmdline', 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

/** Node's own options before it, and the program's arguments behind, are known. */
function scriptOf(words: readonly string[]): string | null {
  const { execArgv, argv } = process;
  const expected = 2 + execArgv.length + argv.length - 2;
  const [, ...rest] = words;
  const args = rest.slice(execArgv.length + 1);
  const isIt = words.length === expected && args.every((word, i) => word === argv[i + 2]);
  return isIt ? (rest[execArgv.length] ?? null) : null;
}
