/**
 * Loads modules of rondo's own when they are first needed, because most processes never need them. In a bundle there
 * are no such files: the entries that bundlers take, bundled/, bring the modules along. Small, because every process
 * that is started with the preload loads this.
 */

import { existsSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Each module that is loaded so, by its file below dist/. */
export interface LazyModules {
  'cli/drop-in-metrics.js': typeof import('./cli/drop-in-metrics.js');
  'cluster/child.js': typeof import('./cluster/child.js');
  'cluster/fork.js': typeof import('./cluster/fork.js');
  'cluster/preload.js': typeof import('./cluster/preload.js');
  'cluster/primary.js': typeof import('./cluster/primary.js');
  'collect/worker.js': typeof import('./collect/worker.js');
  'dispatcher/options.js': typeof import('./dispatcher/options.js');
  'errors.js': typeof import('./errors.js');
  'hub/address.js': typeof import('./hub/address.js');
  'hub/directory.js': typeof import('./hub/directory.js');
  'shared/through-primary.js': typeof import('./shared/through-primary.js');
  'worker/environment.js': typeof import('./worker/environment.js');
}

/**
 * Where this code runs from: a file of dist/, or a bundle. Bundlers leave it out of CommonJS, where the program is the
 * best guess. The one use of `import.meta` that is in bundles.
 */
export const OWN_URL: string =
  (import.meta.url as string | undefined) ?? process.argv[1] ?? path.join(process.cwd(), 'program');

/**
 * Node's. Not imported by its name, because webpack takes that one for its own and resolves what is asked of it when it
 * makes the bundle.
 */
export const createRequire = (from: string | URL): NodeJS.Require => module.createRequire(from);

export const nodeRequire = createRequire(OWN_URL);

const brought = new Map<string, object>();

let directory: string | null | undefined;

/** Called before anything of rondo runs, by the entries that bundlers take. */
export function bring(modules: Partial<LazyModules>): void {
  for (const [file, module] of Object.entries(modules)) brought.set(file, module);
}

/**
 * Throws an error with the code `ERR_RONDO_BUNDLED` in a bundle that has not brought the module, and with `ERR_RONDO_PNP`
 * with yarn's Plug'n'Play: the paths that it makes up are unknown to `require()` of an ES module.
 */
export function load<File extends keyof LazyModules>(file: File): LazyModules[File] {
  const module = brought.get(file);
  if (module !== undefined) return module as LazyModules[File];
  if (ownDirectory() !== null) return loadInPlace(file) as LazyModules[File];
  throw Object.assign(
    new Error(
      `rondo is in a bundle without its module '${file}': let the bundler use the condition 'module' of the ` +
        "package's exports, or mark 'rondo' as external",
    ),
    { code: 'ERR_RONDO_BUNDLED' },
  );
}

/**
 * Called by a preload: whatever the program imports meanwhile, `load()` works. Does nothing in a bundle, which requires
 * nothing, and with a Node.js that needs no help.
 */
export function makeLoadable(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isMended = major > 24 || (major === 24 && minor >= 8) || (major === 22 && minor >= 20);
  if (!isMended && ownDirectory() !== null) loadInPlace('builtins.js');
}

function loadInPlace(file: string): unknown {
  try {
    return nodeRequire(`./${file}`);
  } catch (error) {
    const { code } = error as { code?: string };
    if (process.versions.pnp === undefined || code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const text =
      "this Node.js cannot load rondo's modules with yarn's Plug'n'Play: " +
      "set 'nodeLinker: node-modules' or 'nodeLinker: pnpm' in .yarnrc.yml";
    throw Object.assign(new Error(text, { cause: error }), { code: 'ERR_RONDO_PNP' });
  }
}

/** The package's dist/ if this code runs from there, null in a bundle. */
export function ownDirectory(): string | null {
  if (directory === undefined) directory = findDirectory();
  return directory;
}

function findDirectory(): string | null {
  if (!OWN_URL.startsWith('file:')) return null;
  const file = fileURLToPath(OWN_URL);
  const within = path.dirname(file);
  // webpack writes down where the file was when the bundle was made.
  const isInPlace =
    path.basename(file) === 'lazy.js' && existsSync(path.join(within, 'register.js'));
  return isInPlace ? within : null;
}
