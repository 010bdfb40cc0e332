// Says which symbols of a shared object are newer than the oldest system the prebuilds are for:
// glibc 2.28 and the libstdc++ of GCC 8 (Debian 10, RHEL 8, which Node's own binaries ask for too).
//
// usage: node scripts/check-glibc.mjs <file.node> [objdump]
import path from 'node:path';
import { must } from './support.mjs';

const newest = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11', GCC: '8.0.0' };

function isNewer(version, limit) {
  const [a, b] = [version, limit].map((text) => text.split('.').map(Number));
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0);
  }
  return false;
}

export async function oldestSystemProblems(file, objdump = 'objdump') {
  const table = await must(objdump, ['-T', file], { capture: true });
  const problems = [];
  let versioned = 0;
  for (const line of table.split('\n')) {
    const match = /\b(GLIBC|GLIBCXX|CXXABI|GCC)_([\d.]+)\)?\s+(?:\.\w+\s+)?(\S+)$/.exec(line);
    if (!match) continue;
    versioned += 1;
    const [, library, version, symbol] = match;
    if (isNewer(version, newest[library])) {
      problems.push(`${file}: ${symbol} needs ${library}_${version}, above ${newest[library]}`);
    }
  }
  if (versioned === 0) problems.push(`${file}: no versioned symbol found, nothing was checked`);
  return problems;
}

if (process.argv[1] === import.meta.filename) {
  const problems = await oldestSystemProblems(path.resolve(process.argv[2]), process.argv[3]);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
