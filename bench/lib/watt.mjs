// Where Watt is, if it can be run here: nothing of it comes with the benchmark.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { fileOf, isInstalled, versionOf } from './installed.mjs';

/** What wattpm asks for. */
const OLDEST_NODE = [22, 19];
/** The second one runs programs of plain Node, which are then no part of the first. */
const PACKAGES = ['wattpm', '@platformatic/node'];

/** Why Watt cannot be run, or undefined if it can. */
export function missingOfWatt() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]))
    return `it needs Node ${OLDEST_NODE.join('.')} or later`;
  const missing = PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  // npm takes an old one beside a new one, and then no worker starts.
  const versions = PACKAGES.map(versionOf);
  const majors = new Set(versions.map((version) => version.split('.', 1)[0]));
  const named = PACKAGES.map((name, index) => `${name} ${versions[index]}`);
  return majors.size > 1 ? `these do not fit each other: ${named.join(', ')}` : undefined;
}

/** What `wattpm start` calls. */
export async function loadWatt() {
  const wattpm = createRequire(/** @type {string} */ (fileOf('wattpm')));
  const runtime = wattpm.resolve('@platformatic/runtime');
  /** @type {{ create(root: string, file: string, context: { isProduction: boolean }): Promise<WattRuntime> }} */
  const { create } = await import(pathToFileURL(runtime).href);
  return create;
}

/**
 * @typedef {object} WattRuntime
 * @property {() => Promise<string>} start
 * @property {(id: string) => Promise<void>} restartApplication
 * @property {(updates: { application: string, workers: number }[]) => Promise<unknown>} updateApplicationsResources
 */

/** The `node_modules` in which the packages are. */
export function wattModules() {
  const file = /** @type {string} */ (fileOf('wattpm'));
  return file.slice(0, file.lastIndexOf(`${path.sep}wattpm${path.sep}`));
}
