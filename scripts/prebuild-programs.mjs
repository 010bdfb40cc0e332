// Builds the programs of the benchmark into bench/prebuilds/linux-<arch>/, static, so that they need no library: the
// package @rondo/bench is not packed without them.
//
// usage: node scripts/prebuild-programs.mjs [x64 | arm64]…
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { PROGRAMS, prebuiltFile } from '../bench/lib/programs.mjs';
import { neededBy } from './prebuilt/check.mjs';
import { platformNamed } from './prebuilt/platforms.mjs';
import { compilersOf } from './prebuilt/toolchain.mjs';
import { headerArgs, must, nodeGyp, root, scratchNativeCheckout } from './support.mjs';

const named = process.argv.slice(2);
for (const arch of named.length > 0 ? named : ['x64', 'arm64']) await build(arch);

async function build(arch) {
  const { tool, env } = await compilersOf(platformNamed(`linux-${arch}-glibc`));
  const checkout = scratchNativeCheckout('programs');
  const options = { cwd: checkout, capture: true, env: { ...env, GYP_DEFINES: 'rondo_static=1' } };
  await must(process.execPath, [nodeGyp, 'configure', `--arch=${arch}`, ...headerArgs()], options);
  await must(process.execPath, [nodeGyp, 'build', '--jobs=max', ...PROGRAMS], options);
  for (const name of PROGRAMS) {
    const file = prebuiltFile(`linux-${arch}`, name);
    mkdirSync(path.dirname(file), { recursive: true });
    copyFileSync(path.join(checkout, 'build/Release', name), file);
    await must(tool('strip'), [file]);
    const needed = await neededBy(file, tool('objdump'));
    for (const library of needed) console.error(`${file}: needs ${library}`);
    if (needed.length > 0) process.exitCode = 1;
    else console.log(`${path.relative(root, file)}: built, and needs no library`);
  }
}
