// Builds the addons of the published packages, each in a scratch directory, into prebuilds/<platform>/rondo.node,
// and checks that it needs nothing but what each system of its kind has; see scripts/prebuilt/.
//
// usage: node scripts/prebuild.mjs [linux-x64-glibc | linux-arm64-glibc | linux-x64-musl | linux-arm64-musl]…
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { addonProblems } from './prebuilt/check.mjs';
import { platformNamed, platforms, prebuiltAddon } from './prebuilt/platforms.mjs';
import { toolchainOf } from './prebuilt/toolchain.mjs';
import { headerArgs, must, nodeGyp, root, scratchNativeCheckout } from './support.mjs';

const names = process.argv.slice(2);
if (process.platform !== 'linux') throw new Error('prebuilds are built on Linux');

// Before the first of them is built, which takes minutes: what is not installed is missing from the last one, too.
const builds = [];
for (const platform of names.length > 0 ? names.map(platformNamed) : platforms) {
  const checkout = scratchNativeCheckout('prebuild');
  builds.push({ platform, checkout, ...(await toolchainOf(platform, checkout)) });
}

for (const { platform, checkout, tool, env } of builds) {
  const options = { cwd: checkout, capture: true, env };
  const arch = `--arch=${platform.cpu}`;
  await must(process.execPath, [nodeGyp, 'configure', arch, ...headerArgs()], options);
  await must(process.execPath, [nodeGyp, 'build', '--jobs=max', 'rondo'], options);

  const file = prebuiltAddon(platform.name);
  mkdirSync(path.dirname(file), { recursive: true });
  copyFileSync(path.join(checkout, 'build/Release/rondo.node'), file);
  await must(tool('strip'), ['--strip-unneeded', file]);
  const problems = await addonProblems(file, platform, tool('objdump'));
  for (const problem of problems) console.error(`${file}: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`${path.relative(root, file)}: built, and needs only the libc`);
}
