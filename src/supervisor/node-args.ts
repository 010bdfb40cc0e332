/**
 * Options of Node for the workers and the agent: `require`, `import` and `nodeArgs`, behind those that they
 * have anyway. They are looked at before a process is started with them, which could only die of a wrong one.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RondoError } from '../errors.js';
import { createRequire } from '../lazy.js';

/** Node says its version at once, whatever else it is told. */
const LONGEST_CHECK_MS = 10_000;

/** What Node has taken last; each reload asks again. */
let taken = '';

export interface NodeOptions {
  require: readonly string[];
  import: readonly string[];
  nodeArgs: readonly string[];
}

/** As they stand in a command line. */
export function wordsOf({ require, import: imports, nodeArgs }: NodeOptions): string[] {
  return [
    ...require.flatMap((module) => ['--require', module]),
    ...imports.flatMap((module) => ['--import', module]),
    ...nodeArgs,
  ];
}

/** Whether a module comes before the program, such as a loader, through which Node may get all files from then on. */
export function namesModules(words: readonly string[]): boolean {
  return words.some((word) =>
    /(^|\s)(--import|--require|-r|--(experimental-)?loader)\b/.test(word),
  );
}

/**
 * That Node takes these words, and NODE_OPTIONS of `env`. Throws `ERR_RONDO_INVALID_OPTION` with what Node says
 * of them.
 */
export function checkWords(
  words: readonly string[],
  env: Record<string, string | undefined>,
  cwd: string,
): void {
  const isOwn = words.join('\0') === process.execArgv.join('\0');
  if (isOwn && env.NODE_OPTIONS === process.env.NODE_OPTIONS) return;
  const asked = JSON.stringify([words, env.NODE_OPTIONS, cwd]);
  if (asked === taken) return;
  const { status, stderr, error } = spawnSync(process.execPath, [...words, '--version'], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: env.NODE_OPTIONS },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: LONGEST_CHECK_MS,
  });
  if (status === 0) {
    taken = asked;
    return;
  }
  const text = error?.message ?? stderr.trim().replace(`${process.execPath}: `, '');
  throw new RondoError(
    'ERR_RONDO_INVALID_OPTION',
    `The option 'nodeArgs' must be options of Node ${process.version}: ${text}`,
    { option: 'nodeArgs', expected: `options of Node ${process.version}`, received: words },
  );
}

/** That these modules are there, as seen from `cwd`. Throws `ERR_RONDO_INVALID_OPTION`. */
export function checkModules(options: NodeOptions, cwd: string): void {
  const from = path.join(cwd, 'program');
  for (const module of options.require) {
    if (!isRequirable(module, from)) throw moduleError('require', module, cwd);
  }
  for (const module of options.import) {
    if (!isImportable(module, from)) throw moduleError('import', module, cwd);
  }
}

function isRequirable(module: string, from: string): boolean {
  try {
    createRequire(from).resolve(module);
    return true;
  } catch {
    return false;
  }
}

/** Of a package that it is installed, and that it exports what is asked of it beside its main module. */
function isImportable(module: string, from: string): boolean {
  if (isBuiltin(module) || /^(?!file:)[a-z][a-z+.-]+:/i.test(module)) return true;
  if (module.startsWith('file:')) return existsSync(fileURLToPath(module));
  if (/^\.{0,2}\//.test(module)) return existsSync(path.resolve(path.dirname(from), module));
  const [scope = '', rest = ''] = module.split('/');
  const name = scope.startsWith('@') ? `${scope}/${rest}` : scope;
  if (name !== module || name.startsWith('#')) return isResolved(module, path.dirname(from));
  const places = createRequire(from).resolve.paths(name) ?? [];
  return places.some((place) => existsSync(path.join(place, name)));
}

/** Only Node knows, and only for a module that is there itself. */
function isResolved(module: string, cwd: string): boolean {
  const script = 'import.meta.resolve(process.argv[1])';
  const words = ['--input-type=module', '--eval', script, module];
  const options = { cwd, stdio: 'ignore', timeout: LONGEST_CHECK_MS } as const;
  return spawnSync(process.execPath, words, options).status === 0;
}

function moduleError(option: string, module: string, cwd: string): RondoError {
  return new RondoError(
    'ERR_RONDO_INVALID_OPTION',
    `The option '${option}' must be modules that are there: '${module}' is not, as seen from ${cwd}`,
    { option, expected: 'modules that are there', received: module },
  );
}
