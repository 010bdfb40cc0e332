// Which packages of others are there, beside the benchmark or where its command is given: it runs without them.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const PLACES = [import.meta.url, path.join(process.cwd(), 'package.json')];

/** @param {string} name of a package */
export function isInstalled(name) {
  return fileOf(name) !== undefined;
}

/**
 * A file of a package; without more than its name, the one that is loaded by it.
 * @param {string} name
 */
export function fileOf(name) {
  for (const place of PLACES) {
    try {
      return createRequire(place).resolve(name);
    } catch {
      // Then it may be in the next place.
    }
  }
  return undefined;
}

/**
 * The version of a package that is installed.
 * @param {string} name
 * @returns {string}
 */
export function versionOf(name) {
  const file = /** @type {string} */ (fileOf(name));
  const end = file.lastIndexOf(path.join('node_modules', name)) + 'node_modules/'.length;
  const manifest = path.join(file.slice(0, end), name, 'package.json');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
