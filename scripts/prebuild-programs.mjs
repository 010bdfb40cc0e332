// Builds the programs of the benchmark into bench/prebuilds/linux-<arch>/, static, so that they need no library: the
// package @rondo/bench is not packed without them. arm64 is built on x64 by Debian's g++-aarch64-linux-gnu.
//
// usage: node scripts/prebuild-programs.mjs [x64 | arm64]…
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { PROGRAMS, prebuiltFile } from '../bench/lib/programs.mjs';
import { hasCommand, headerArgs, must, nodeGyp, root, scratchNativeCheckout } from './support.mjs';

const GNU = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

const named = process.argv.slice(2);
if (process.platform !== 'linux') throw new Error('the programs are built on Linux');
for (const arch of named.length > 0 ? named : Object.keys(GNU)) await build(arch);

async function build(arch) {
  const gnu = GNU[arch];
  if (!gnu) throw new Error(`not an architecture of this script: ${arch}`);
  const prefix = arch === process.arch ? '' : `${gnu}-`;
  if (!(await hasCommand(`${prefix}g++`))) {
    const debian = prefix === '' ? 'g++' : `g++-${gnu.replace('_', '-')}`;
    throw new Error(`${prefix}g++ was not found; on Debian: apt-get install ${debian}`);
  }
  const checkout = scratchNativeCheckout('programs');
  const env = { CC: `${prefix}gcc`, CXX: `${prefix}g++`, GYP_DEFINES: 'rondo_static=1' };
  const options = { cwd: checkout, capture: true, env };
  await must(process.execPath, [nodeGyp, 'configure', `--arch=${arch}`, ...headerArgs()], options);
  await must(process.execPath, [nodeGyp, 'build', '--jobs=max', ...PROGRAMS], options);
  for (const name of PROGRAMS) {
    const file = prebuiltFile(`linux-${arch}`, name);
    mkdirSync(path.dirname(file), { recursive: true });
    copyFileSync(path.join(checkout, 'build/Release', name), file);
    await must(`${prefix}strip`, [file]);
    const headers = await must(`${prefix}objdump`, ['-p', file], { capture: true });
    const needed = headers.split('\n').filter((line) => /^\s*(NEEDED|INTERP)\b/.test(line));
    for (const line of needed) console.error(`${file}: ${line.trim()}`);
    if (needed.length > 0) process.exitCode = 1;
    else console.log(`${path.relative(root, file)}: built, and needs no library`);
  }
}
