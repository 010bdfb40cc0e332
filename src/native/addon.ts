/**
 * Finds the addon and loads it: the one that was built in a checkout, or that of the package for this platform,
 * which npm installs as an optional dependency. What it offers is declared in index.ts.
 */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { nodeRequire } from '../lazy.js';
import { isBundled, ownRoot, placesBeside, resolveFrom } from '../own-files.js';
import { VERSION } from '../version.js';

/** As in scripts/prebuilt/platforms.mjs. */
export const PLATFORMS = [
  'linux-x64-glibc',
  'linux-arm64-glibc',
  'linux-x64-musl',
  'linux-arm64-musl',
];

/** Throws an error that says why there is none, and what to do. */
export function loadAddon(): unknown {
  const file = process.env.RONDO_ADDON || addonFile();
  try {
    return nodeRequire(path.resolve(file));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function addonFile(): string {
  const root = ownRoot();
  const built = root === null ? null : path.join(root, 'build/Release/rondo.node');
  if (built !== null && existsSync(built)) return built;
  const platform = platformName();
  const manifest = manifestOf(platform);
  if (manifest === null) throw new Error(whyMissing(root, platform));
  const found = (nodeRequire(manifest) as { version: string }).version;
  if (found !== VERSION) {
    throw new Error(
      `@rondo/${platform} has version ${found}, and rondo ${VERSION}; 'npm install rondo@${VERSION}' installs both`,
    );
  }
  return path.join(path.dirname(manifest), 'rondo.node');
}

function manifestOf(platform: string): string | null {
  for (const place of placesBeside()) {
    const manifest = resolveFrom(place, `@rondo/${platform}/package.json`);
    if (manifest !== null) return manifest;
  }
  return null;
}

function whyMissing(root: string | null, platform: string): string {
  if (root !== null && existsSync(path.join(root, 'binding.gyp'))) {
    return "it is not built in this checkout; 'npm run build:native' builds it";
  }
  if (!PLATFORMS.includes(platform)) {
    return `there is none for ${platform}, only for ${PLATFORMS.join(', ')}`;
  }
  const missing = `the package @rondo/${platform} is not installed`;
  const others = PLATFORMS.filter((one) => manifestOf(one) !== null);
  if (others.length > 0) {
    const there = others.map((one) => `@rondo/${one}`).join(', ');
    return `${missing}, but ${there}: node_modules is of another system; 'npm install' on this one adds it`;
  }
  if (isBundled()) {
    return `rondo is in a bundle, and ${missing} beside it: 'npm install rondo@${VERSION}' there adds it; the bundler may mark 'rondo' as external`;
  }
  return `${missing}; an install that omits optional dependencies ('--omit=optional') leaves it out`;
}

function platformName(): string {
  const name = `${process.platform}-${process.arch}`;
  return process.platform === 'linux' ? `${name}-${isMusl() ? 'musl' : 'glibc'}` : name;
}

/** musl is one file, loader and libc, and is mapped under one of these names; glibc's libc is libc.so.6. */
function isMusl(): boolean {
  try {
    return /\/(ld-musl-\S+|libc\.so)$/m.test(readFileSync('/proc/self/maps', 'latin1'));
  } catch {
    return existsSync('/etc/alpine-release');
  }
}
