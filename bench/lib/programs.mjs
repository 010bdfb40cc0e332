// The benchmark's programs in C++: as they were built in a checkout, or as they come with the package.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const PROGRAMS = /** @type {const} */ (['loadgen', 'bare', 'reuseport_listen']);
/** What the package has them for. */
export const PLATFORMS = ['linux-x64', 'linux-arm64'];

const BUILT = fileURLToPath(new URL('../../build/Release/', import.meta.url));
const PREBUILT = fileURLToPath(new URL('../prebuilds/', import.meta.url));

/**
 * Where it is; if it is nowhere, where `npm run build:native` would put it.
 * @param {typeof PROGRAMS[number]} name
 */
export function programFile(name) {
  const prebuilt = prebuiltFile(`${process.platform}-${process.arch}`, name);
  return !existsSync(BUILT + name) && existsSync(prebuilt) ? prebuilt : BUILT + name;
}

/**
 * Where `npm run build:programs` puts it.
 * @param {string} platform
 * @param {typeof PROGRAMS[number]} name
 */
export function prebuiltFile(platform, name) {
  return `${PREBUILT}${platform}/${name}`;
}

/** Why the load generator is not there, and what to do. */
export function missingLoadgen() {
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform))
    return `it runs on ${PLATFORMS.join(' and ')}, and this is ${platform}`;
  return 'in a checkout, build it with npm run build:native';
}
