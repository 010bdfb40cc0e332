/**
 * Where the files of rondo's package are, which is not where this code is when it is in a bundle: there the package
 * that is installed beside the bundle is used, if it has the same version.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RondoError } from './errors.js';
import { createRequire, OWN_URL, ownDirectory } from './lazy.js';
import { VERSION } from './version.js';

interface Installed {
  /** The package's root, or null. */
  root: string | null;
  /** Of another version, which cannot be used: its root and its version. */
  others: Array<[root: string, version: string]>;
}

let found: Installed | undefined;

/**
 * A file of the package, named as below `dist/`. Throws `ERR_RONDO_BUNDLED` in a bundle that no rondo of the same
 * version is installed beside. `what` needs it, for people.
 */
export function ownFile(file: string, what: string): string {
  const absolute = findOwnFile(file);
  if (absolute === null) throw bundledError(what);
  return absolute;
}

/** The same; null where that throws. */
export function findOwnFile(file: string): string | null {
  const { root } = installed();
  return root === null ? null : path.join(root, 'dist', file);
}

/** The package's root; null in a bundle that no rondo of the same version is installed beside. */
export function ownRoot(): string | null {
  return installed().root;
}

/** From each place of which packages beside rondo can be seen. */
export function placesBeside(): string[] {
  const directory = ownDirectory();
  if (directory !== null) return [path.join(directory, 'lazy.js')];
  const { root } = installed();
  const own = root === null ? [] : [path.join(root, 'package.json')];
  return [...placesOfBundle(), ...own];
}

export function isBundled(): boolean {
  return ownDirectory() === null;
}

function installed(): Installed {
  found ??= find();
  return found;
}

function find(): Installed {
  const directory = ownDirectory();
  if (directory !== null) return { root: path.dirname(directory), others: [] };
  const others = new Map<string, string>();
  for (const place of placesOfBundle()) {
    const manifest = resolveFrom(place, 'rondo/package.json');
    if (manifest === null) continue;
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    if (version === VERSION) return { root: path.dirname(manifest), others: [] };
    others.set(path.dirname(manifest), version);
  }
  return { root: null, others: [...others] };
}

/** The bundle, the program, which may have imported it, and the working directory. */
function placesOfBundle(): string[] {
  const { argv } = process;
  const program = argv[1] === undefined ? [] : [path.resolve(argv[1])];
  return [OWN_URL, ...program, path.join(process.cwd(), 'program')];
}

export function resolveFrom(place: string, request: string): string | null {
  try {
    return createRequire(place).resolve(request);
  } catch {
    return null;
  }
}

function bundledError(what: string): RondoError {
  const [first] = installed().others;
  const reason =
    first === undefined
      ? 'none is installed beside the bundle'
      : `the one beside the bundle, in ${first[0]}, has version ${first[1]}`;
  return new RondoError(
    'ERR_RONDO_BUNDLED',
    `${what} needs files of the package rondo ${VERSION}, which is in a bundle, and ${reason}: ` +
      `'npm install rondo@${VERSION}' there, and mark 'rondo' as external, so that it is in one place only`,
  );
}
