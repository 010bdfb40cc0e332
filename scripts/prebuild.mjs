// Builds prebuilds/linux-<arch>/ for the published package, in a scratch directory, and checks that
// it runs on the oldest system it is for. arm64 is built on x64 by Debian's g++-aarch64-linux-gnu.
//
// usage: node scripts/prebuild.mjs x64|arm64
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { oldestSystemProblems } from './check-glibc.mjs';
import { hasCommand, must, prebuildify, root, scratchNativeCheckout } from './support.mjs';

const arch = process.argv[2];
const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[arch];
if (!triplet) throw new Error(`not an architecture of this script: ${arch}`);
if (process.platform !== 'linux') throw new Error('prebuilds are built on Linux');

const prefix = arch === process.arch ? '' : `${triplet}-`;
if (!(await hasCommand(`${prefix}g++`))) {
  throw new Error(
    `${prefix}g++ was not found; on Debian it comes with g++-${triplet.replace('_', '-')}`,
  );
}

const checkout = scratchNativeCheckout('prebuild');
const oldSymbols = path.join(checkout, 'gcc8_symbols.o');
await must(`${prefix}g++`, [
  ...['-std=c++17', '-fno-exceptions', '-fno-rtti', '-O2', '-fPIC', '-fvisibility=hidden'],
  ...['-c', 'scripts/gcc8_symbols.cc', '-o', oldSymbols],
]);

const headers = process.env.npm_config_nodedir ?? path.resolve(process.execPath, '../..');
await must(
  process.execPath,
  [
    ...[prebuildify, '--napi', '--tag-libc', '--strip', `--strip-bin=${prefix}strip`],
    ...[`--arch=${arch}`, `--target=${process.version}`, `--out=${root}`],
  ],
  {
    cwd: checkout,
    capture: true,
    env: {
      CC: `${prefix}gcc`,
      CXX: `${prefix}g++`,
      GYP_DEFINES: `rondo_old_symbols=${oldSymbols}`,
      npm_config_nodedir: headers,
    },
  },
);

const directory = path.join(root, 'prebuilds', `linux-${arch}`);
for (const name of readdirSync(directory).filter((file) => file.endsWith('.node'))) {
  const file = path.join(directory, name);
  const problems = await oldestSystemProblems(file, `${prefix}objdump`);
  report(file, problems, 'runs with glibc 2.28 and the libstdc++ of GCC 8');
}
function report(file, problems, praise) {
  for (const problem of problems) console.error(`${file}: ${problem.trim()}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`${path.relative(root, file)}: ${praise}`);
}
