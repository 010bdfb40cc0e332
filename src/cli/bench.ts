/** `rondo bench`: the benchmark, which is a package of its own, with the arguments as they are. */

import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArgumentError } from './arguments.js';

const MAIN = '@rondo/bench/main';

/** Beside this package, or where the command is given. Throws {@link ArgumentError} if it is in neither place. */
export async function bench(args: string[]): Promise<void> {
  const file = find(import.meta.url) ?? find(path.join(process.cwd(), 'package.json'));
  if (file === undefined) {
    throw new ArgumentError(
      "bench: the package @rondo/bench is not installed; 'npx @rondo/bench' runs it without",
    );
  }
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

function find(from: string): string | undefined {
  try {
    return createRequire(from).resolve(MAIN);
  } catch {
    return undefined;
  }
}
