/** The rondo that a program has itself, which goes before a global one, so that the two fit each other. */

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OWN = realpathSync(fileURLToPath(new URL('../../package.json', import.meta.url)));

/** The file of its bin, or null: it is this one, or there is none. `file` as it stands in the command line. */
export function localBin(file: string): string | null {
  try {
    // Of a program that is named by its directory, what is in that directory counts.
    const within = path.join(realPath(path.resolve(file)), 'program');
    const found = realpathSync(createRequire(within).resolve('rondo/package.json'));
    if (found === OWN) return null;
    const { bin } = JSON.parse(readFileSync(found, 'utf8')) as { bin: { rondo: string } };
    return path.resolve(path.dirname(found), bin.rondo);
  } catch {
    return null;
  }
}

/** From where Node itself would look for what the program imports. */
function realPath(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}
