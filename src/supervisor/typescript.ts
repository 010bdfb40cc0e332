/**
 * How a program in TypeScript runs: by Node itself, which from 22.18 and 23.6 on leaves the types out, before
 * that with a flag; or by the package tsx, where the program has it.
 */

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { RondoError } from '../errors.js';
import { createRequire } from '../lazy.js';

const EXTENSIONS = ['.ts', '.mts', '.cts'];

/** Packages that load TypeScript, in whatever option they stand. */
const LOADERS =
  /(^|[/=@ ])(tsx|ts-node|esbuild-register|sucrase|tsimp|jiti|swc-node|oxc-node)(\/|@|$|\s)/;

const STRIPS = /^--(experimental-)?(strip-types|transform-types)$/;

export function isTypeScript(file: string): boolean {
  return EXTENSIONS.includes(path.extname(file));
}

/**
 * What Node needs to run that file, in addition to `words`. None for JavaScript, and where a loader is named in
 * `words` or in NODE_OPTIONS. Throws `ERR_RONDO_INVALID_OPTION` if nothing can run it.
 */
export function typeScriptWords(
  file: string,
  words: readonly string[],
  nodeOptions = '',
  version = process.versions.node,
): string[] {
  if (!isTypeScript(file)) return [];
  const all = [...words, ...nodeOptions.split(/\s+/)];
  if (all.some((word) => LOADERS.test(word) || STRIPS.test(word))) return [];
  const isOff = all.some((word) => /^--no-(experimental-)?strip-types$/.test(word));
  const way = isOff ? 'loader' : wayOf(version);
  if (way === 'node') return [];
  if (way === 'flag') return ['--experimental-strip-types'];
  const loader = findLoader(file);
  if (loader !== null) return ['--import', pathToFileURL(loader).href];
  const why = isOff
    ? `Node is told not to strip types`
    : `Node ${version} does not run it by itself`;
  throw new RondoError(
    'ERR_RONDO_INVALID_OPTION',
    `The option 'exec' must be a program that can run: '${path.basename(file)}' is TypeScript, and ${why}. ` +
      "Install the package tsx beside it ('npm install tsx'), name a loader by --import, or take Node 22.18 or later",
    { option: 'exec', expected: 'a program that can run', received: file },
  );
}

function wayOf(version: string): 'node' | 'flag' | 'loader' {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) return 'node';
  if (major === 23 || (major === 22 && minor >= 6)) return 'flag';
  return 'loader';
}

/** As the program would find it. */
function findLoader(file: string): string | null {
  try {
    return createRequire(file).resolve('tsx');
  } catch {
    return null;
  }
}
