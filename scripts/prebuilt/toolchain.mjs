// How Debian's GCC compiles for a platform: for glibc as it is, for musl with musl's headers and libc in the place of
// glibc's. What the C++ library would add is in runtime.cc and three of its object files.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { hasCommand, must } from '../support.mjs';

/** The compilers for a platform's architecture, as node-gyp takes them. Throws as toolchainOf() does. */
export async function compilersOf({ cpu, gnu }) {
  const prefix = cpu === process.arch ? '' : `${gnu}-`;
  const tool = (name) => `${prefix}${name}`;
  if (!(await hasCommand(tool('g++')))) {
    const debian = prefix === '' ? 'g++' : `g++-${gnu.replace('_', '-')}`;
    throw new Error(`${tool('g++')} was not found; on Debian: apt-get install ${debian}`);
  }
  return { tool, env: { CC: tool('gcc'), CXX: tool('g++'), AR: tool('ar') } };
}

/**
 * The environment in which node-gyp compiles the addon for `platform`, with scratch files in `scratch`. Throws an
 * error that names Debian's package where something is missing.
 */
export async function toolchainOf(platform, scratch) {
  const { tool, env } = await compilersOf(platform);
  const flags = platform.libc === 'musl' ? await muslFlags(platform, tool, scratch) : [];
  const runtime = await runtimeOf(tool, flags, scratch);
  const exports = path.join(import.meta.dirname, 'exports.map');
  // The C compiler links: it adds no libstdc++.
  const link = [tool('gcc'), '-static-libgcc', `-Wl,--version-script=${exports}`];
  if (platform.libc === 'musl') link.push(`-specs=${muslFile(platform, 'musl-gcc.specs')}`);
  return {
    tool,
    env: {
      ...env,
      LINK: link.join(' '),
      CXXFLAGS: flags.join(' '),
      GYP_DEFINES: `rondo_runtime=${runtime}`,
    },
  };
}

function muslFile({ musl }, name) {
  return path.join('/usr/lib', musl, name);
}

/** What takes the place of GCC's own folders of headers. */
async function muslFlags(platform, tool, scratch) {
  if (!existsSync(muslFile(platform, 'libc.so'))) {
    const debian = platform.cpu === process.arch ? 'musl-dev' : `musl-dev:${platform.cpu}`;
    const first = platform.cpu === process.arch ? '' : `dpkg --add-architecture ${platform.cpu}, `;
    throw new Error(
      `musl was not found in /usr/lib/${platform.musl}; on Debian: ${first}apt-get install ${debian}`,
    );
  }
  const output = await must(tool('g++'), ['-E', '-x', 'c++', '-v', '/dev/null'], { capture: true });
  const folders = [...output.matchAll(/^ (\/.*)$/gm)].map(([, folder]) => path.resolve(folder));
  const cxx = folders.filter((folder) => folder.includes('/c++/'));
  const gcc = folders.filter((folder) => /\/gcc.*\/include$/.test(folder));
  const includes = [...cxx, `/usr/include/${platform.musl}`, ...gcc, kernel(platform, scratch)];
  return [
    '-nostdinc',
    ...includes.map((folder) => `-isystem ${folder}`),
    `-include ${path.join(import.meta.dirname, 'musl.h')}`,
    // They ask the CPU by a function that glibc has under a name of its own.
    ...(platform.cpu === 'arm64' ? ['-mno-outline-atomics'] : []),
  ];
}

/** The kernel's headers alone, which are in one folder with glibc's. */
function kernel({ cpu, gnu }, scratch) {
  const isCross = cpu !== process.arch;
  const general = isCross ? `/usr/${gnu}/include` : '/usr/include';
  const folder = path.join(scratch, 'kernel');
  mkdirSync(folder);
  for (const name of ['linux', 'asm-generic']) {
    symlinkSync(path.join(general, name), path.join(folder, name));
  }
  symlinkSync(isCross ? `${general}/asm` : `/usr/include/${gnu}/asm`, path.join(folder, 'asm'));
  return folder;
}

/** runtime.cc and the parts of libstdc++.a that need nothing themselves, as one object file. */
async function runtimeOf(tool, flags, scratch) {
  const own = path.join(scratch, 'own.o');
  await must(tool('g++'), [
    ...['-std=c++17', '-fno-exceptions', '-fno-rtti', '-O2', '-fPIC', '-fvisibility=hidden'],
    ...flags.flatMap((flag) => flag.split(' ')),
    ...['-c', path.join(import.meta.dirname, 'runtime.cc'), '-o', own],
  ]);
  const print = ['-print-file-name=libstdc++.a'];
  const archive = (await must(tool('g++'), print, { capture: true })).trim();
  const parts = ['tree.o', 'list.o', 'hashtable_c++0x.o'];
  await must(tool('ar'), ['x', path.resolve(archive), ...parts], { cwd: scratch });
  const runtime = path.join(scratch, 'runtime.o');
  const objects = [own, ...parts.map((part) => path.join(scratch, part))];
  await must(tool('ld'), ['-r', '-o', runtime, ...objects]);
  return runtime;
}
