/** The program's own copy of rondo, which a global one leaves the work to. */

import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The URL of the bin of the copy that the working directory has; null if that is this one, or there is none. */
export function localBin(): string | null {
  const require = createRequire(path.join(process.cwd(), 'rondo'));
  let manifest: string;
  try {
    manifest = require.resolve('rondo/package.json');
  } catch {
    return null;
  }
  const own = fileURLToPath(new URL('../../package.json', import.meta.url));
  if (realpathSync(manifest) === realpathSync(own)) return null;
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin?: { rondo?: unknown } };
  // Some other package of this name.
  if (typeof bin?.rondo !== 'string') return null;
  return pathToFileURL(path.join(path.dirname(manifest), bin.rondo)).href;
}
