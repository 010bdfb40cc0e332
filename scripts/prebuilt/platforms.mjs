// The platforms with a prebuilt addon, which a package of its own has each: `@rondo/linux-x64-glibc`, and so on.
// src/native/addon.ts looks for them by these names.
import path from 'node:path';
import { root } from '../support.mjs';

/** `gnu` is the prefix of Debian's cross compiler, `musl` the name of Debian's folders for musl. */
const arches = {
  x64: { gnu: 'x86_64-linux-gnu', musl: 'x86_64-linux-musl' },
  arm64: { gnu: 'aarch64-linux-gnu', musl: 'aarch64-linux-musl' },
};

/** @typedef {{ name: string, cpu: string, libc: 'glibc' | 'musl', gnu: string, musl: string }} Platform */

/** @type {Platform[]} */
export const platforms = ['glibc', 'musl'].flatMap((libc) =>
  Object.entries(arches).map(([cpu, triplets]) => ({
    name: `linux-${cpu}-${libc}`,
    cpu,
    libc,
    ...triplets,
  })),
);

export function platformNamed(name) {
  const platform = platforms.find((one) => one.name === name);
  if (platform) return platform;
  const names = platforms.map((one) => one.name).join(', ');
  throw new Error(`there is no prebuilt addon for '${name}', but for ${names}`);
}

/** Where `npm run prebuild` puts the addon. */
export function prebuiltAddon(name) {
  return path.join(root, 'prebuilds', name, 'rondo.node');
}
