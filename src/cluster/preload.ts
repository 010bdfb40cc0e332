/**
 * How the preload reaches the workers. After `--import` Node loads the program asynchronously, so a
 * worker's first messages may come before its listeners are there. That is Node's own race, but a
 * program that is started with the flag shall not lose a message for it: its workers get the
 * same preload by `--require`, also where the program sets `execArgv` or NODE_OPTIONS itself, and what
 * they see of it is put back as it was.
 */

import { pathToFileURL } from 'node:url';
import { findOwnFile, ownFile } from '../own-files.js';

/** Tells a worker what `--require` stands for, or ADDED. Removed when it is read. */
const VARIABLE = 'RONDO_PRELOAD';

/** `--require` stands for nothing of the program's. */
const ADDED = 'added';

/** By its names in a command line: the package's, and where it is if that is known. */
function specifiers(): string[] {
  const file = findOwnFile('register.js');
  return ['rondo/register', ...(file === null ? [] : [pathToFileURL(file).href, file])];
}

/** What `--require` names; see register.cts. Throws `ERR_RONDO_BUNDLED`. */
function preloadFile(): string {
  return ownFile('register.cjs', 'The preload of workers');
}

interface Start {
  execArgv: string[];
  env: Record<string, string>;
}

/** The preload of a worker's command line or NODE_OPTIONS, by `--require`. */
export function requirePreload(
  execArgv: readonly string[],
  nodeOptions: string | undefined,
): Start | null {
  const specifier = specifiers().find(
    (name) => indexOfImport(execArgv, name) >= 0 || nodeOptions?.match(importPattern(name)),
  );
  if (specifier === undefined) return null;
  const file = preloadFile();
  return {
    execArgv: replacePair(execArgv, ['--import', specifier], ['--require', file]),
    env: {
      [VARIABLE]: specifier,
      ...(nodeOptions === undefined
        ? {}
        : {
            NODE_OPTIONS: nodeOptions.replace(
              importPattern(specifier),
              `$1--require ${quote(file)}`,
            ),
          }),
    },
  };
}

/** The preload for a worker whose command line and NODE_OPTIONS do not name it. */
export function addPreload(execArgv: readonly string[]): Start {
  return { execArgv: ['--require', preloadFile(), ...execArgv], env: { [VARIABLE]: ADDED } };
}

/** In the worker: `process.execArgv` and NODE_OPTIONS as the program's own. */
export function restorePreload(): void {
  const specifier = process.env[VARIABLE];
  if (specifier === undefined) return;
  delete process.env[VARIABLE];
  if (specifier === ADDED) {
    process.execArgv = process.execArgv.slice(2);
    return;
  }
  const file = preloadFile();
  process.execArgv = replacePair(process.execArgv, ['--require', file], ['--import', specifier]);
  const { NODE_OPTIONS } = process.env;
  if (NODE_OPTIONS === undefined) return;
  process.env.NODE_OPTIONS = NODE_OPTIONS.replace(
    `--require ${quote(file)}`,
    `--import ${quote(specifier)}`,
  );
}

function indexOfImport(execArgv: readonly string[], specifier: string): number {
  return normalized(execArgv).findIndex(
    (word, index, words) => word === '--import' && words[index + 1] === specifier,
  );
}

/** `--import=X` is `--import X`. */
function normalized(execArgv: readonly string[]): string[] {
  return execArgv.flatMap((word) => {
    const match = /^(--import)=(.*)$/s.exec(word);
    return match === null ? [word] : [match[1] as string, match[2] as string];
  });
}

function replacePair(
  execArgv: readonly string[],
  from: readonly [string, string],
  to: readonly [string, string],
): string[] {
  const words = normalized(execArgv);
  for (let index = 0; index + 1 < words.length; index++) {
    if (words[index] === from[0] && words[index + 1] === from[1]) words.splice(index, 2, ...to);
  }
  return words;
}

function importPattern(specifier: string): RegExp {
  const escaped = quote(specifier).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|\\s)--import[= ]${escaped}(?=\\s|$)`);
}

/** As NODE_OPTIONS wants a value with spaces. */
function quote(text: string): string {
  return /[\s"\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
}
