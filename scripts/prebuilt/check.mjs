// Says what of a shared object the systems that it is for may not have: a library beside the libc, a symbol that
// glibc has only since a version above 2.28 (Debian 10, RHEL 8, which Node's own binaries ask for too), or that musl
// or Node does not have.
import path from 'node:path';
import { must } from '../support.mjs';

const NEWEST_GLIBC = '2.28';

/** Of the addon in `file`. `objdump` must know the architecture. */
export async function addonProblems(file, platform, objdump = 'objdump') {
  const needed = await neededBy(file, objdump);
  const libraries = needed.filter((name) => !/^libc\.so|^ld-linux/.test(name));
  const symbols = await symbolsOf(file, objdump);
  const undefinedOnes = symbols.filter((symbol) => symbol.isUndefined && !symbol.isWeak);
  const ofNode = await definedIn(process.execPath, 'objdump');
  const ofLibc =
    platform.libc === 'musl'
      ? await definedIn(path.join('/usr/lib', platform.musl, 'libc.so'), objdump)
      : null;
  if (undefinedOnes.length === 0) return ['no undefined symbol found, nothing was checked'];
  return [
    ...libraries.map((name) => `needs ${name}`),
    ...undefinedOnes.flatMap(({ name, version }) => {
      if (/^(napi_|node_api_|uv_)/.test(name)) {
        return ofNode.has(name) ? [] : [`${name} is not in Node ${process.version}`];
      }
      if (ofLibc) return ofLibc.has(name) ? [] : [`${name} is not in musl`];
      const [, glibc] = /^GLIBC_([\d.]+)$/.exec(version) ?? [];
      if (glibc === undefined) return [`${name} is not in glibc`];
      return isNewer(glibc, NEWEST_GLIBC) ? [`${name} needs glibc ${glibc}`] : [];
    }),
  ];
}

/** The libraries that the loader is asked for, and the loader itself if it is asked for. */
export async function neededBy(file, objdump = 'objdump') {
  const headers = await must(objdump, ['-p', file], { capture: true });
  return [...headers.matchAll(/^\s*(?:NEEDED|INTERP)\s+(\S+)/gm)].map(([, name]) => name);
}

async function definedIn(file, objdump) {
  const symbols = await symbolsOf(file, objdump);
  return new Set(symbols.filter(({ isUndefined }) => !isUndefined).map(({ name }) => name));
}

/** Lines as `0000 w   DF *UND*	0000 (GLIBC_2.2.5) close`. */
async function symbolsOf(file, objdump) {
  const table = await must(objdump, ['-T', file], { capture: true });
  const line =
    /^[0-9a-f]+ (.{7}) (\S+)\t[0-9a-f]+ +(?:\(?([A-Za-z]\S*?)\)? +)?(?:0x\w+ |\.\w+ )?(\S+)$/;
  return table.split('\n').flatMap((text) => {
    const [, flags, section, version = '', name] = line.exec(text) ?? [];
    if (name === undefined) return [];
    return [{ name, version, isUndefined: section === '*UND*', isWeak: flags.includes('w') }];
  });
}

function isNewer(version, limit) {
  const [a, b] = [version, limit].map((text) => text.split('.').map(Number));
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0);
  }
  return false;
}
