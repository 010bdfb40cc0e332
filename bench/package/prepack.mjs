// `npm pack` and `npm publish`: the package is not made without its programs in C++, static ones for each platform.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { PLATFORMS, PROGRAMS, prebuiltFile } from '../lib/programs.mjs';

for (const platform of PLATFORMS) {
  const missing = PROGRAMS.filter((name) => !existsSync(prebuiltFile(platform, name)));
  if (missing.length === 0) continue;
  const directory = path.relative(process.cwd(), path.dirname(prebuiltFile(platform, missing[0])));
  const [, arch] = platform.split('-');
  console.error(
    `@rondo/bench is not packed: ${directory} has no ${missing.join(', ')}; ` +
      `in the repository 'npm run build:programs -- ${arch}' builds them`,
  );
  process.exitCode = 1;
}
