/**
 * `--watch`: a reload when files change. Without paths that is what workers have loaded, or, where they cannot know,
 * the code beside the program; with paths everything there. The files of variables and the configuration always.
 */

import cluster from 'node:cluster';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type * as chokidar from 'chokidar';
import type { FSWatcher } from 'chokidar';
import { workingDirectory } from '../../supervisor/program.js';
import { validateEnvFiles } from '../../supervisor/variables.js';
import { ArgumentError, type WatchArguments } from '../arguments.js';
import type { Run } from '../run.js';
import { Changes } from './changes.js';
import { globMatcher, isHidden } from './globs.js';
import type { ModuleHooks } from './loaded.js';
import { loadedFiles } from './messages.js';

const PRELOAD = fileURLToPath(new URL('loaded.cjs', import.meta.url));

/** What is code, where all files of a directory are looked at: a program may write others itself. */
const CODE = /\.([cm]?[jt]s|json|node|wasm)$/;

const SETTLING_MS = 20;
const LONGEST_SETTLING_MS = 5_000;

/** In a line of the log. */
const MOST_NAMED = 3;

/** The module that workers load for it, or null if they are not asked what they have loaded. */
export function watchPreload(watch: WatchArguments | null): string | null {
  const { registerHooks } = process.getBuiltinModule('node:module') as ModuleHooks;
  return watch?.paths.length === 0 && registerHooks !== undefined ? PRELOAD : null;
}

/**
 * Reloads by `reload`, which does not reject, from when the returned function is called, after the start, until the
 * supervisor stops. To be called before the start. Throws {@link ArgumentError} for a path that is not there.
 */
export function watchProgram(
  run: Run,
  watch: WatchArguments,
  reload: () => Promise<void>,
): () => Promise<void> {
  const { supervisor, note } = run;
  const directory = realpathSync(workingDirectory());
  const exec = realpathSync(path.resolve(directory, run.settings.current.exec));
  const root = isBelow(exec, directory) ? directory : path.dirname(exec);
  const isByLoaded = watchPreload(watch) !== null;
  const given = watch.paths.map((name) => findPath(name, directory));
  const always = new Set(othersOf(run, directory));
  const isMatched = globMatcher(watch.ignore, directory);
  const isIgnored = (file: string): boolean => {
    if (always.has(file)) return false;
    const base = given.find((one) => file === one || isBelow(file, one)) ?? root;
    return isHidden(file, base) || isMatched(file);
  };
  const isWanted = (file: string): boolean =>
    always.has(file) || isByLoaded || given.length > 0 || CODE.test(file);

  const changes = new Changes(async (files) => {
    const names = files.map((file) => path.relative(directory, file));
    const more = names.length > MOST_NAMED ? `, and ${names.length - MOST_NAMED} more` : '';
    const has = names.length === 1 ? 'has' : 'have';
    note(`${names.slice(0, MOST_NAMED).join(', ')}${more} ${has} changed`);
    await reload();
  });
  const first = isByLoaded ? [exec] : given.length > 0 ? given : [path.dirname(exec)];
  const watcher = load().watch([...first, ...always], { ignoreInitial: true, ignored: isIgnored });
  watcher.on('all', (event, file) => {
    if (!event.endsWith('Dir') && isWanted(file)) changes.add(file);
  });
  watcher.on('error', (error) => {
    note(`--watch: ${(error as Error).message}; what changes there is not seen`);
  });
  const isReady = new Promise<void>((resolve) => watcher.once('ready', resolve));
  const loaded = new Set([exec]);
  if (isByLoaded) {
    onLoaded((file) => {
      if (!isBelow(file, root) || isIgnored(file)) return;
      if (existsSync(file)) loaded.add(file);
      watcher.add(file);
    });
  }
  const end = (): void => {
    changes.close();
    void watcher.close();
  };
  supervisor.once('stopping', end);
  supervisor.once('failed', end);
  return async () => {
    changes.begin();
    await isReady;
    if (isByLoaded) await allWatched(watcher, loaded);
    const names = first.map((file) => path.relative(directory, file) || '.').join(', ');
    const what =
      loaded.size === 1 ? '1 file that is loaded' : `${loaded.size} files that are loaded`;
    note(`watching ${isByLoaded ? what : names}`);
  };
}

/** As far as they are there; it takes a moment from when they are added. */
async function allWatched(watcher: FSWatcher, files: ReadonlySet<string>): Promise<void> {
  const end = performance.now() + LONGEST_SETTLING_MS;
  const isWatched = (file: string): boolean =>
    watcher.getWatched()[path.dirname(file)]?.includes(path.basename(file)) === true;
  while (![...files].every(isWatched) && performance.now() < end) await delay(SETTLING_MS);
}

/** What a reload reads, beside the program. */
function othersOf({ settings, given }: Run, directory: string): string[] {
  const files = validateEnvFiles(settings.current.envFile).map(({ file }) => file);
  if (given.configFile !== null) files.push(given.configFile);
  return files.map((file) => path.resolve(directory, file));
}

function findPath(name: string, directory: string): string {
  const found = path.resolve(directory, name);
  if (!existsSync(found)) throw new ArgumentError(`--watch: there is no '${name}'`);
  return realpathSync(found);
}

/** Of all workers, each file once. */
function onLoaded(then: (file: string) => void): void {
  const known = new Set<string>();
  cluster.on('fork', ({ process }) => {
    process.on('internalMessage', (message: unknown) => {
      for (const file of loadedFiles(message) ?? []) {
        if (known.has(file)) continue;
        known.add(file);
        then(file);
      }
    });
  });
}

function isBelow(file: string, directory: string): boolean {
  return file.startsWith(directory.endsWith(path.sep) ? directory : `${directory}${path.sep}`);
}

/** Not imported: who watches nothing does not need it. */
function load(): typeof chokidar {
  try {
    return createRequire(import.meta.url)('chokidar') as typeof chokidar;
  } catch (error) {
    throw new ArgumentError(`--watch needs the package chokidar: ${(error as Error).message}`);
  }
}
